import { expect, test } from 'vitest'
import { cell, columnsOf } from './columns'
import { shapeOf } from './leaves'
import { conditionsOf, queryOf } from './query'
import { resultsOf, seriesOf } from './results'

const params = [
  { name: 'date', kind: 'date', supported: true, targets: [], modifiers: ['missing'] },
  { name: 'name', kind: 'string', supported: true, targets: [], modifiers: ['exact'] },
]

test('an address and its form say the same', () => {
  const pairs: [string, string][] = [
    ['date', 'ge2024-01'],
    ['name:exact', 'gerald'],
    ['_sort', '-date'],
  ]
  const conditions = conditionsOf(pairs, params)
  expect(conditions).toEqual([
    { name: 'date', modifier: '', prefix: 'ge', value: '2024-01' },
    { name: 'name', modifier: 'exact', prefix: '', value: 'gerald' },
  ])
  expect(queryOf(conditions, [['_sort', '-date']])).toEqual({
    date: ['ge2024-01'],
    'name:exact': ['gerald'],
    _sort: ['-date'],
  })
})

test('shapes are told by their members', () => {
  expect(shapeOf({ system: 'phone', value: '1' })).toBe('contact')
  expect(shapeOf({ system: 'urn:x', value: '1' })).toBe('identifier')
  expect(shapeOf({ value: 5, unit: 'g' })).toBe('quantity')
  expect(shapeOf({ reference: 'Patient/1', display: 'A' })).toBe('reference')
  expect(shapeOf({ coding: [{ code: 'a' }] })).toBe('concept')
  expect(shapeOf({ code: { text: 'x' }, valueString: 'y' })).toBe('nested')
})

test('a cell shows a choice by its stem and leads to a reference', () => {
  const row = {
    resourceType: 'Observation',
    id: '1',
    valueQuantity: { value: '6.30', unit: 'mmol/L' },
    subject: { reference: 'Patient/9', display: '张伟' },
  }
  expect(cell(row, 'value').text).toBe('6.30 mmol/L')
  expect(cell(row, 'subject')).toEqual({ text: '张伟', to: '/r/Patient/9' })
  expect(columnsOf('Basic', [{ ...row, code: { text: 'x' } }])).toEqual(['code', 'subject'])
})

test('components are lines of their own; a trend keeps to one unit', () => {
  const pressure = {
    resourceType: 'Observation',
    id: '1',
    code: { coding: [{ system: 's', code: 'bp' }], text: '血压' },
    component: [{ code: { coding: [{ system: 's', code: 'sys' }] }, valueQuantity: { value: 130, unit: 'mmHg' } }],
  }
  expect(resultsOf(pressure).map((line) => [line.code, line.component, line.value])).toEqual([
    ['s|bp', '', ''],
    ['s|bp', 's|sys', '130'],
  ])
  const one = (id: string, value: number, unit: string, date: string) =>
    resultsOf({ resourceType: 'Observation', id, valueQuantity: { value, unit }, effectiveDateTime: date })
  const series = seriesOf([
    ...one('a', 2, 'g', '2024-02'),
    ...one('b', 1, 'g', '2024-01'),
    ...one('c', 9, 'mg', '2024-03'),
  ])
  expect(series.points.map((point) => point.number)).toEqual([1, 2])
  expect(series.left_out).toBe(1)
})
