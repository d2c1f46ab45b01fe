import { expect, test } from 'vitest'
import type { AreaRow, QualityRow } from './api'
import { difference, showDifference, showShare, weekMean } from './compare'
import { trendDays } from './charts'
import { divisionsOf } from './divisions'
import { classOf, measureOf, scaleOf } from './measures'
import { faultsOf, worstFirst } from './quality'

test('a difference in whole percent, or none where there is nothing to compare with', () => {
  expect(difference(105, 100)).toBe(5)
  expect(difference(null, 100)).toBeNull()
  expect(difference(5, 0)).toBeNull()
  expect(difference(9, 4.9)).toBeNull()
  expect(difference(5, undefined)).toBeNull()
  const plain = (texts: string[]) => texts.map((text) => text.replaceAll('\u00a0', ' '))
  expect(plain([5, -12, 0].map(showDifference))).toEqual(['▲ 5 %', '▼ 12 %', '±0 %'])
  expect(plain([0, 0.004, 0.256].map(showShare))).toEqual(['0 %', '0.4 %', '26 %'])
})

test('the mean of a week needs all seven days', () => {
  expect(weekMean([1, 2, 3, 4, 5, 6, 7, 14])).toEqual([null, null, null, null, null, null, 4, 41 / 7])
  expect(weekMean([1, 2, 3, null, 5, 6, 7])[6]).toBeNull()
})

test('a trend begins where the record does, and is not shorter than two weeks', () => {
  const day = (visits: number | null) => ({ day: '2026-03-01', visits, reports: 0, cards: 0 })
  const days = [...Array<number>(60).fill(0), ...Array<number>(30).fill(5)].map(day)
  expect(trendDays(days).length).toBe(30)
  expect(trendDays([day(1), ...days]).length).toBe(30)
  expect(trendDays([...Array<number>(60).fill(0), 5].map(day)).length).toBe(14)
  expect(trendDays([null, 0, 5].map(day)).length).toBe(3)
})

const row = (visits: number | null, usual: number | null): AreaRow => ({
  code: '339901',
  name: '东湖区',
  population: 20_000,
  registrations: 1,
  visits,
  visits_usual: usual,
  reports: 1,
  in_bed: 1,
  beds: 1,
})

test('measures of an area; what is hidden stays hidden', () => {
  expect(measureOf(row(50, 40), 'visits')).toBe(50)
  expect(measureOf(row(50, 40), 'usual')).toBe(25)
  expect(measureOf(row(50, 40), 'rate')).toBe(25)
  expect(measureOf(row(null, 40), 'usual')).toBeNull()
  expect(measureOf(row(null, 40), 'rate')).toBeNull()
})

test('five classes with round borders', () => {
  const scale = scaleOf([1200, 2900, null, 6100], 'visits')
  expect(scale.borders).toEqual([2000, 3000, 4000, 5000])
  expect([1200, 2000, 6100].map((value) => classOf(value, scale))).toEqual([0, 1, 4])
  expect(scaleOf([], 'visits').borders).toEqual([1, 2, 3, 4])
  // Two large districts among many small ones: the small ones still differ.
  const uneven = [5, 7, 8, 9, 11, 11, 13, 13, 13, 14, 14, 17, 24, 33, 89, 92]
  expect(scaleOf(uneven, 'visits').borders).toEqual([9, 13, 14, 24])
  expect(scaleOf([0, 0, 0, ...uneven], 'visits').borders).toEqual([9, 13, 14, 24])
  const alike = [0, 0, 0, 0, 0, 0, 0, 0, 90]
  expect(scaleOf(alike, 'visits').borders).toEqual([20, 40, 60, 80])
  const about = scaleOf([-50, 3], 'usual')
  expect([-50, -10, 0, 10, 50].map((value) => classOf(value, about))).toEqual([0, 1, 2, 3, 4])
})

const reports = (name: string, change: Partial<QualityRow>): QualityRow => ({
  id: name,
  name,
  messages: 100,
  hidden: false,
  expected: 100,
  late_share: 0,
  delay_median_minutes: 5,
  unknown_codes_share: 0,
  last_message_at: null,
  ...change,
})

test('bad ones first', () => {
  const rows = [
    reports('good', {}),
    reports('late', { late_share: 0.3 }),
    reports('silent', { messages: 0 }),
    reports('few', { messages: 50 }),
    reports('codes', { unknown_codes_share: 0.2 }),
    reports('quiet', { messages: 0, expected: 0 }),
    reports('small', { messages: 0, expected: 2 }),
  ]
  expect(worstFirst(rows).map((one) => one.name)).toEqual(['silent', 'few', 'late', 'codes', 'small', 'good', 'quiet'])
  expect(faultsOf(reports('both', { late_share: 0.3, unknown_codes_share: 0.2 }))).toEqual(['late', 'codes'])
})

test('a number is not divided by what it is already narrowed to', () => {
  expect(divisionsOf({ figure: 'visits', by: 'area' })).toEqual(['area', 'institution', 'kind', 'class', 'hour'])
  expect(divisionsOf({ figure: 'visits', by: 'institution', area: '339901001', hour: '9' })).toEqual([
    'institution',
    'kind',
  ])
  expect(divisionsOf({ figure: 'visits', by: 'department', institution: 'org-1' })).toEqual([
    'class',
    'hour',
    'department',
  ])
  expect(divisionsOf({ figure: 'beds', by: 'area' })).toEqual(['area', 'institution', 'kind'])
})
