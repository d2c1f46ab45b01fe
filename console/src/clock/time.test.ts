import { expect, test } from 'vitest'
import { hasEnded, timeAt } from './time'

const noon = { now: '2026-03-03T12:00:00+08:00', pace: 60, paused: false, until: '2026-03-03T13:00:00+08:00' }

test('a clock runs at its pace, stands while it is paused and stops at its end', () => {
  expect(new Date(timeAt(noon, 10_000)).toISOString()).toBe('2026-03-03T04:10:00.000Z')
  expect(timeAt({ ...noon, paused: true }, 10_000)).toBe(Date.parse(noon.now))
  expect(hasEnded(noon, 59_000)).toBe(false)
  expect(hasEnded(noon, 61_000)).toBe(true)
  expect(timeAt(noon, 1_000_000)).toBe(Date.parse(noon.until))
  expect(hasEnded({ ...noon, until: null }, 1e9)).toBe(false)
})
