import { expect, test } from 'vitest'
import { judge, rangeOf } from './labs'

const range = { low: { value: 3.9, unit: 'mmol/L' }, high: { value: 6.1, unit: 'mmol/L' } }
const result = (value: number | string, more = {}) => ({
  valueQuantity: { value, unit: 'mmol/L', ...more },
  referenceRange: [range],
})

test('the word of the laboratory goes before the range', () => {
  const sent = { ...result(5), interpretation: [{ coding: [{ code: 'HH' }] }] }
  expect(judge(sent)).toEqual({ flag: 'very-high', by: 'sent' })
})

test('without it the range decides', () => {
  expect(judge(result(6.2))).toEqual({ flag: 'high', by: 'range' })
  expect(judge(result('3.80'))).toEqual({ flag: 'low', by: 'range' })
  expect(judge(result(6.1))).toEqual({ flag: 'normal', by: 'range' })
})

test('a value with a comparator is judged only where that decides', () => {
  expect(judge(result(3.9, { comparator: '<' }))?.flag).toBe('low')
  expect(judge(result(5, { comparator: '<' }))).toBeNull()
  expect(judge(result(20, { comparator: '>' }))?.flag).toBe('high')
})

test('nothing is guessed: other unit, several ranges, no number', () => {
  expect(judge(result(110, { unit: 'mg/dL' }))).toBeNull()
  expect(judge({ valueQuantity: { value: 5 }, referenceRange: [range, range] })).toBeNull()
  expect(judge({ valueString: 'negative', referenceRange: [range] })).toBeNull()
  expect(rangeOf({ referenceRange: [{ text: 'see note' }] })).toBeNull()
})

test('a range for a special state is not the normal one', () => {
  const pregnant = { ...range, type: { coding: [{ code: 'pre-puberty' }] } }
  expect(judge({ valueQuantity: { value: 9 }, referenceRange: [pregnant] })).toBeNull()
})
