import { expect, test } from 'vitest'
import { layOver, type PreviewRow } from './preview'

const head = ['机构名称', ' 床位 ']
const lines = [
  { line: 2, cells: ['文昌中心', '12'] },
  { line: 3, cells: ['滨河中心', '多'] },
]

test('changes and errors go to their cells, the rest to the line', () => {
  const rows: PreviewRow[] = [
    { line: 2, action: 'change', name: '文昌中心', changes: [{ field: '床位', from: '10', to: '12' }], errors: [] },
    {
      line: 3,
      action: 'error',
      name: '滨河中心',
      changes: [],
      errors: [
        { column: '床位', text: '不是数字' },
        { column: null, text: '上下级成环' },
        { column: '上级机构', text: '没有这一栏' },
      ],
    },
  ]
  const [first, second] = layOver(head, lines, rows)
  expect(first!.cells[1]).toEqual({ text: '12', change: rows[0]!.changes[0], errors: [] })
  expect(second!.cells[1]!.errors).toEqual(['不是数字'])
  expect(second!.cells[1]!.text).toBe('多')
  expect(second!.others).toEqual(['上下级成环', '上级机构: 没有这一栏'])
})
