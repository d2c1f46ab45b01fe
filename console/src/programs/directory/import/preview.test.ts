import { expect, test } from 'vitest'
import { layOver, type Preview } from './preview'

const head = ['机构名称', ' 床位 ']
const lines = [
  { line: 2, cells: ['文昌中心', '12'] },
  { line: 3, cells: ['滨河中心', '多'] },
]
const change = { field: 'beds', title: '床位', from: '10', to: '12' }
const preview: Preview = {
  rows: [
    { line: 2, action: 'change', name: '文昌中心', code: null, changes: [change], errors: [] },
    {
      line: 3,
      action: 'error',
      name: '滨河中心',
      code: null,
      changes: [],
      errors: [
        { column: '床位', key: 'beds', text: '不是数字' },
        { column: '名称', key: 'name', text: '重名' },
        { column: '上级代码', key: 'parent', text: '没有这一栏' },
      ],
    },
  ],
  create: 0,
  change: 1,
  same: 0,
  errors: 1,
}

test('changes and errors go to their cells, the rest to the line', () => {
  const [first, second] = layOver(head, lines, preview)
  expect(first!.cells[1]).toEqual({ text: '12', change, errors: [] })
  expect(second!.cells[1]!.errors).toEqual(['不是数字'])
  expect(second!.cells[1]!.text).toBe('多')
  expect(second!.others).toEqual(['名称: 重名', '上级代码: 没有这一栏'])
})

test('a column under another name is found by its key', () => {
  const [, second] = layOver(head, lines, { ...preview, columns: ['name', 'beds'] })
  expect(second!.cells[0]!.errors).toEqual(['重名'])
})
