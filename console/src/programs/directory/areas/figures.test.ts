import { expect, test } from 'vitest'
import { bandName, percent, sharesOf } from './figures'

const bands = [
  { low: 0, high: 14, male: 10, female: 10 },
  { low: 15, high: 64, male: 35, female: 25 },
  { low: 65, high: null, male: 5, female: 15 },
]

test('shares of children, working age and old people', () => {
  const shares = sharesOf(bands)
  expect(percent(shares.children)).toBe('20.0 %')
  expect(percent(shares.working)).toBe('60.0 %')
  expect(percent(shares.old)).toBe('20.0 %')
  expect(shares.sex_ratio).toBe(100)
  expect(sharesOf([]).sex_ratio).toBeNull()
})

test('bands are named by their ages', () => {
  expect(bands.map(bandName)).toEqual(['0–14', '15–64', '65+'])
  expect(bandName({ low: 0, high: 0, male: 1, female: 1 })).toBe('0')
})
