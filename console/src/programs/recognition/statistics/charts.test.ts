import { expect, test } from 'vitest'
import { daysOfMonth, yearUntil } from './charts'

test('a year of months ends with the month of the day', () => {
  expect(yearUntil('2026-11-22')).toEqual({ from: '2025-12-01', to: '2026-11-22' })
  expect(yearUntil('2026-01-05').from).toBe('2025-02-01')
})

test('a month has all of its days', () => {
  expect(daysOfMonth('2024-02')).toEqual({ from: '2024-02-01', to: '2024-02-29' })
  expect(daysOfMonth('2026-12')).toEqual({ from: '2026-12-01', to: '2026-12-31' })
})
