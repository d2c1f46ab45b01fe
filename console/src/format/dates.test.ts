import { expect, test } from 'vitest'
import { ageAt, dayOf, localMillis, showDate, showInstant, showSeconds, timeOf } from './dates'

test('a date keeps its precision', () => {
  expect(showDate('2024')).toBe('2024')
  expect(showDate('2024-03')).toBe('2024-03')
  expect(showDate('2024-03-07')).toBe('2024-03-07')
  expect(showDate(null)).toBe('')
})

test('an instant is shown in the zone of the city', () => {
  expect(showDate('2024-03-07T20:30:00Z')).toBe('2024-03-08 04:30')
  expect(showDate('2024-03-07T23:59:00+08:00')).toBe('2024-03-07 23:59')
  expect(showInstant('2024-03-07T16:00:05Z')).toBe('2024-03-08 00:00:05')
  expect(dayOf('2024-03-07T20:30:00Z')).toBe('2024-03-08')
  expect(timeOf('2024-03-07T20:30:00Z')).toBe('04:30')
  expect(timeOf('2024-03-07')).toBe('')
})

test('what is no date is shown as it came', () => {
  expect(showDate('soonT')).toBe('soonT')
})

test('age counts whole years', () => {
  expect(ageAt('1958-03-07', '2026-03-06')).toBe(67)
  expect(ageAt('1958-03-07', '2026-03-07')).toBe(68)
  expect(ageAt('1958', '2026-03-07')).toBe(68)
  expect(ageAt('2030-01-01', '2026-03-07')).toBeNull()
  expect(ageAt(null, '2026-03-07')).toBeNull()
})

test('a chart places an instant at its local time', () => {
  expect(localMillis('2024-03-07T20:30:00Z')).toBe(Date.UTC(2024, 2, 8, 4, 30))
  expect(localMillis('2024-03')).toBe(Date.UTC(2024, 2, 1))
})

test('seconds become minutes and hours', () => {
  expect(showSeconds(65)).toBe('1:05')
  expect(showSeconds(3723)).toBe('1:02:03')
})
