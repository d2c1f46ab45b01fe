import { expect, test } from 'vitest'
import type { Node } from '../api'
import { linesOf, moveOf, shortName, type Children } from './model'

function node(id: string, children = 0): Node {
  return { id, name: id, kind_name: null, level: null, level_name: null, children, beds: 0, active: true }
}

const children: Children = new Map([
  ['', [node('city', 2)]],
  ['city', [node('east', 1), node('west')]],
])

test('a closed node hides what is below it; an opened one that is still read shows so', () => {
  expect(linesOf(children, new Set()).map((line) => line.node.id)).toEqual(['city'])
  const lines = linesOf(children, new Set(['city', 'east']))
  expect(lines.map((line) => [line.node.id, line.depth, line.open, line.loading, line.place])).toEqual([
    ['city', 1, true, false, 1],
    ['east', 2, true, true, 1],
    ['west', 2, false, false, 2],
  ])
})

test('a circle of nodes ends', () => {
  const circle: Children = new Map([
    ['', [node('a', 1)]],
    ['a', [node('a', 1)]],
  ])
  expect(linesOf(circle, new Set(['a'])).length).toBeLessThan(20)
})

test('keys move, open and close', () => {
  const closed = linesOf(children, new Set())
  const opened = linesOf(children, new Set(['city']))
  expect(moveOf('ArrowDown', closed, null)).toEqual({ to: 'city' })
  expect(moveOf('ArrowRight', closed, 'city')).toEqual({ open: 'city' })
  expect(moveOf('ArrowRight', opened, 'city')).toEqual({ to: 'east' })
  expect(moveOf('ArrowRight', opened, 'west')).toBeNull()
  expect(moveOf('ArrowLeft', opened, 'west')).toEqual({ to: 'city' })
  expect(moveOf('ArrowLeft', opened, 'city')).toEqual({ close: 'city' })
  expect(moveOf('End', opened, 'city')).toEqual({ to: 'west' })
  expect(moveOf('ArrowDown', opened, 'west')).toBeNull()
  expect(moveOf('x', opened, 'west')).toBeNull()
})

test('a name is told without that of the one above', () => {
  expect(shortName('第一人民医院内科', '第一人民医院')).toBe('内科')
  expect(shortName('第一人民医院', '第一人民医院')).toBe('第一人民医院')
  expect(shortName('内科', '')).toBe('内科')
})
