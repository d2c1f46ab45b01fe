import { expect, test } from 'vitest'
import { longerThan, showMillimetres, showRate, showYuan, spanNamed, spanOf, upTo } from './figures'

test('money is counted in fen and shown in yuan', () => {
  expect(showYuan(7_290_000)).toBe('¥72,900')
  expect(showYuan(1250)).toBe('¥12.50')
  expect(showYuan(0)).toBe('¥0')
})

test('rates have one decimal, and none where nothing was shown', () => {
  expect(showRate(82)).toBe('82.0%')
  expect(showRate(86.3)).toBe('86.3%')
  expect(showRate(null)).toBe('–')
})

test('slices are kept in micrometres and shown in millimetres', () => {
  expect([1250, 5000, 625].map(showMillimetres)).toEqual(['1.25', '5', '0.625'])
})

test('windows are read in hours or days', () => {
  expect(spanOf(24)).toEqual({ n: '24', unit: 'hours' })
  expect(spanOf(720)).toEqual({ n: '30', unit: 'days' })
  expect(spanOf(52.5)).toEqual({ n: '52.5', unit: 'hours' })
})

test('named spans hold over the turn of the year', () => {
  expect(spanNamed('last-month', '2026-01-09')).toEqual({ from: '2025-12-01', to: '2025-12-31' })
  expect(spanNamed('days-90', '2026-03-31')).toEqual({ from: '2026-01-01', to: '2026-03-31' })
  expect(spanNamed('last-year', '2026-03-31')).toEqual({ from: '2025-01-01', to: '2025-12-31' })
})

test('what is longer holds the whole span', () => {
  const names = (from: string, to: string) => longerThan({ from, to }, '2026-11-22').map((one) => one.name)
  expect(names('2026-10-24', '2026-11-22')).toEqual(['days-90', 'days-365'])
  expect(names('2026-01-01', '2026-11-22')).toEqual(['days-365'])
  expect(names('2025-01-01', '2025-12-31')).toEqual([])
  expect(upTo('2026-11-22', { from: '2026-10-24', to: '2026-11-22' }).map((one) => one.name)).toEqual([
    'days-90',
    'days-365',
  ])
})
