import { expect, test } from 'vitest'
import { diffLines, foldUnchanged } from './diff'
import { jsonLines, jsonText, lineText } from './json'

test('numbers keep their text and references lead on', () => {
  const lines = jsonLines('{"value":1.10,"subject":{"reference":"Patient/1"},"tags":[],"note":"a \\"b\\" {"}')
  expect(jsonText(lines)).toBe(
    [
      '{',
      '  "value": 1.10,',
      '  "subject": {',
      '    "reference": "Patient/1"',
      '  },',
      '  "tags": [],',
      '  "note": "a \\"b\\" {"',
      '}',
    ].join('\n'),
  )
  const pieces = lines.flatMap((line) => line.pieces)
  expect(pieces.find((piece) => piece.reference)?.reference).toBe('Patient/1')
})

test('only a reference leads on, not any string like one', () => {
  expect(
    jsonLines('{"name":"Patient/1"}')
      .flatMap((line) => line.pieces)
      .some((piece) => piece.reference),
  ).toBe(false)
})

test('a difference is the shortest', () => {
  const lines = diffLines(['a', 'b', 'c', 'd'], ['a', 'x', 'c', 'd', 'e'])
  expect(lines.map((line) => `${line.kind[0]} ${line.text}`)).toEqual(['s a', 'r b', 'a x', 's c', 's d', 'a e'])
})

test('a difference rebuilds both sides', () => {
  const before = jsonLines('{"a":[1,2,3],"b":{"c":true},"d":"x"}').map(lineText)
  const after = jsonLines('{"a":[2,3,4],"e":{"c":true},"b":{},"d":"y"}').map(lineText)
  const lines = diffLines(before, after)
  expect(lines.filter((line) => line.kind !== 'added').map((line) => line.text)).toEqual(before)
  expect(lines.filter((line) => line.kind !== 'removed').map((line) => line.text)).toEqual(after)
})

test('what is far from a change is left out', () => {
  const many = Array.from({ length: 20 }, (_, at) => String(at))
  const blocks = foldUnchanged(diffLines(many, [...many, 'new']))
  expect(blocks[0]).toEqual({ hidden: 17, lines: [] })
  expect(blocks[1]?.lines).toHaveLength(4)
})
