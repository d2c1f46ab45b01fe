import { expect, test } from 'vitest'
import type { Resource } from '@/api/fhir'
import { analytesOf, isSame } from './analytes'

function glucose(id: string, value: number, at: string, codings: [string, string][], name = '血糖'): Resource {
  return {
    resourceType: 'Observation',
    id,
    code: { text: name, coding: codings.map(([system, code]) => ({ system, code })) },
    valueQuantity: { value, unit: 'mmol/L' },
    effectiveDateTime: at,
  }
}

const LOINC: [string, string] = ['http://loinc.org', '2345-7']

test('values of hospitals with codes of their own make one course', () => {
  const shown = glucose('a', 5.6, '2026-03-01', [['urn:h1', 'GLU'], LOINC])
  const others = [
    glucose('b', 6.1, '2026-01-01', [['urn:h2', 'XT'], LOINC], '葡萄糖'),
    glucose('c', 5.1, '2026-02-01', [['urn:h3', 'G1']]),
    glucose('d', 4.2, '2026-02-01', [['urn:h3', 'K']], '钾'),
    shown,
  ]
  const [course, ...more] = analytesOf([shown], others)
  expect(more).toEqual([])
  expect(course!.series.points.map((point) => point.number)).toEqual([6.1, 5.1, 5.6])
  expect(course!.lines.map((line) => line.observation.id)).toEqual(['a', 'c', 'b'])
})

test('what was measured once has no course; names alone may agree', () => {
  const shown = glucose('a', 5.6, '2026-03-01', [])
  expect(analytesOf([shown], [])).toEqual([])
  expect(isSame(shown, glucose('b', 1, '2026-01-01', []))).toBe(true)
  expect(isSame(glucose('a', 1, '', [], ''), glucose('b', 1, '', [], ''))).toBe(false)
})
