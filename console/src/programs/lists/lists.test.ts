import { expect, test } from 'vitest'
import { programs, type Column, type Filter } from '@/api/programs'
import { cellOf, openOf } from './cells'
import { seenTags, wayOf } from './choices'
import { askedOf, isNarrowed, nextSort, paramsOf } from './list-query'

const words = (zh: string) => ({ zh, en: zh })
const column = (key: string, kind: Column['kind']): Column => ({ key, title: words(key), kind, sorts: true })

test('a cell shows text, numbers, dates and words', () => {
  const row = {
    name: '柳溪',
    beds: 12345,
    at: '2026-03-01T00:30:00Z',
    kind: { code: 'A100', ...words('综合医院') },
    none: null,
  }
  expect(cellOf(column('name', 'text'), row).text).toBe('柳溪')
  expect(cellOf(column('beds', 'number'), row).text).toBe('12,345')
  expect(cellOf(column('at', 'instant'), row).text).toBe('2026-03-01 08:30:00')
  expect(cellOf(column('kind', 'tag'), row).text).toBe('综合医院')
  expect(cellOf(column('none', 'text'), row).text).toBe('')
  expect(cellOf(column('absent', 'number'), row).text).toBe('')
})

test('a reference opens its record, an institution its own screen where the session has it', () => {
  const row = { who: { type: 'Organization', id: 'o-1', name: '医院' } }
  const who = column('who', 'reference')
  programs.value = []
  expect(cellOf(who, row)).toEqual({ text: '医院', to: '/r/Organization/o-1' })
  const screens = [{ path: '/directory', title: words('机构') }]
  programs.value = [{ name: 'directory', title: words(''), about: words(''), operations: [], lists: [], screens }]
  expect(cellOf(who, row).to).toBe('/directory/institution/o-1')
  expect(openOf([column('beds', 'number'), who], { ...row, beds: 3 })).toBe('/directory/institution/o-1')
  expect(openOf([who], { who: { type: 'Location', id: 'l-1', name: '' } })).toBe('/r/Location/l-1')
  expect(openOf([column('beds', 'number')], { beds: 3 })).toBeUndefined()
  programs.value = []
})

test('the address holds what was asked', () => {
  const filters: Filter[] = [{ key: 'kind', title: words('类别'), values: 'codes:kinds' }]
  const asked = askedOf({ q: '医院', kind: 'A100', page: '3', level: ['1', '2'] }, filters)
  expect(asked).toEqual({ q: '医院', sort: '', filters: { kind: 'A100' } })
  expect(paramsOf(asked)).toEqual({ q: '医院', kind: 'A100' })
  expect(isNarrowed(asked)).toBe(true)
  expect(isNarrowed({ q: ' ', sort: 'name', filters: {} })).toBe(false)
})

test('a column sorts up, down, not at all', () => {
  expect(nextSort('', 'beds')).toBe('beds')
  expect(nextSort('beds', 'beds')).toBe('-beds')
  expect(nextSort('-beds', 'beds')).toBe('')
  expect(nextSort('name', 'beds')).toBe('beds')
})

test('a filter is set from choices, by typing or by a link', () => {
  const filter = (key: string, values: string | null = null): Filter => ({ key, title: words(key), values })
  const columns = [
    column('active', 'flag'),
    column('post', 'tag'),
    column('owner', 'reference'),
    column('phone', 'text'),
  ]
  expect(wayOf(filter('kind', 'codes:kinds'), columns)).toBe('choices')
  expect(wayOf(filter('active'), columns)).toBe('choices')
  expect(wayOf(filter('post'), columns)).toBe('choices')
  expect(wayOf(filter('phone'), columns)).toBe('typed')
  expect(wayOf(filter('owner'), columns)).toBe('link')
  expect(wayOf(filter('id'), columns)).toBe('link')
})

test('tags that were seen stay to be chosen', () => {
  const tag = (code: string) => ({ code, zh: code, en: code })
  const first = seenTags('post', [{ post: tag('b') }, { post: null }, { post: tag('a') }], [])
  expect(first.map((choice) => choice.code)).toEqual(['a', 'b'])
  expect(seenTags('post', [{ post: tag('a') }], first).length).toBe(2)
})
