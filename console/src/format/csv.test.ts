import { expect, test } from 'vitest'
import { decode, parseCsv } from './csv'

test('cells, quotes, line numbers', () => {
  expect(parseCsv('名称,床位\r\n"文昌, ""东""",12\r\n\r\n"两\n行",3\n末,')).toEqual([
    { line: 1, cells: ['名称', '床位'] },
    { line: 2, cells: ['文昌, "东"', '12'] },
    { line: 4, cells: ['两\n行', '3'] },
    { line: 6, cells: ['末', ''] },
  ])
  expect(parseCsv('')).toEqual([])
})

test('UTF-8 with its mark, and GB18030', () => {
  const bytes = (values: number[]) => new Uint8Array(values).buffer
  expect(decode(bytes([0xef, 0xbb, 0xbf, 0xe5, 0x8c, 0xba]))).toBe('区')
  expect(decode(bytes([0xc7, 0xf8]))).toBe('区')
})
