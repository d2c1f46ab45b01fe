import { expect, test } from 'vitest'
import type { CodeRow } from '../api'
import { itemFor, keyOf, mapsOf, sureOf } from './choices'

function row(code: string, ...confidences: number[]): CodeRow {
  return {
    institution: { type: 'Organization', id: 'h1', name: '一院' },
    system: 'urn:jingluo:local:h1',
    code,
    name: code,
    count: 10,
    last: null,
    unit: null,
    item: null,
    suggestions: confidences.map((confidence, nth) => ({
      item: `${code}-${nth}`,
      zh: '',
      en: '',
      confidence,
      why: null,
    })),
  }
}

test('the best suggestion stands until somebody chooses otherwise', () => {
  const one = row('GLU', 96, 40)
  expect(itemFor(one, new Map())).toEqual({ item: 'GLU-0', confidence: 96 })
  expect(itemFor(one, new Map([[keyOf(one), { item: 'GLU-1', name: '' }]]))).toEqual({ item: 'GLU-1', confidence: 40 })
  expect(itemFor(one, new Map([[keyOf(one), null]]))).toBeNull()
  expect(itemFor(row('X'), new Map())).toBeNull()
})

test('only sure and untouched rows are selected together; what has no item is not sent', () => {
  const rows = [row('A', 95), row('B', 60), row('C', 99), row('D')]
  const chosen = new Map([[keyOf(rows[2]!), null]])
  expect(sureOf(rows, chosen).map((one) => one.code)).toEqual(['A'])
  const all = new Set(rows.map(keyOf))
  expect(mapsOf(rows, all, chosen).map((map) => [map.code, map.item])).toEqual([
    ['A', 'A-0'],
    ['B', 'B-0'],
  ])
})
