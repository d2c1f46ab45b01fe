import { expect, test } from 'vitest'
import type { Resource } from '@/api/fhir'
import { kindOf } from './kinds'
import { behind, days, frontier, type Stream } from './merge'

const encounters = kindOf('Encounter')!
const results = kindOf('Observation')!

function stream(kind: typeof encounters, dates: string[], next: string | null): Stream {
  const member = kind.type === 'Encounter' ? 'period' : 'effectiveDateTime'
  const rows = dates.map((date, at): Resource => {
    const value = member === 'period' ? { start: date } : date
    return { resourceType: kind.type, id: `${kind.type}-${at}`, ...(date ? { [member]: value } : {}) }
  })
  return { kind, rows, next }
}

test('days run from new to old over all streams', () => {
  const all = [
    stream(encounters, ['2024-03-07T09:00:00+08:00', '2023-01-01'], null),
    stream(results, ['2024-03-07T20:00:00+08:00', ''], null),
  ]
  expect(days(all).map((day) => [day.day, day.entries.map((entry) => entry.kind.type)])).toEqual([
    ['2024-03-07', ['Encounter', 'Observation']],
    ['2023-01-01', ['Encounter']],
    ['', ['Observation']],
  ])
})

test('nothing older than what every stream knows is shown', () => {
  const all = [
    stream(encounters, ['2024-05-01', '2020-01-01'], null),
    stream(results, ['2024-04-01', '2024-02-01'], '/next'),
  ]
  expect(frontier(all)).toBe('2024-02-01')
  expect(days(all).map((day) => day.day)).toEqual(['2024-05-01', '2024-04-01', '2024-02-01'])
  expect(behind(all)).toEqual([all[1]])
})

test('the stream that is least far back is asked first', () => {
  const all = [stream(encounters, ['2022-01-01'], '/a'), stream(results, ['2024-02-01'], '/b')]
  expect(behind(all).map((one) => one.kind.type)).toEqual(['Observation'])
})
