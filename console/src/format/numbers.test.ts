import { expect, test } from 'vitest'
import { mask, showBytes, showCount } from './numbers'

test('the middle of a number is hidden', () => {
  expect(mask('310104195803071234')).toBe('3101**********1234')
  expect(mask('H00012345')).toBe('H0*****45')
  expect(mask('12345')).toBe('1***5')
  expect(mask('1234')).toBe('1234')
})

test('what is masked already stays', () => {
  expect(mask('3101**********1234')).toBe('3101**********1234')
})

test('counts and sizes', () => {
  expect(showCount(1234567)).toBe('1,234,567')
  expect(showBytes(999)).toBe('999 B')
  expect(showBytes(1_500_000)).toBe('1.5 MB')
  expect(showBytes(23_400_000)).toBe('23 MB')
})
