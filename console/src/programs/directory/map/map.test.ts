import { expect, test } from 'vitest'
import type { MapPoint } from '../api'
import { contains, draw, nextRegion, type Shape } from './drawing'
import { kindsOf, markOf } from './marks'

function square(code: string, lng: number, lat: number): Shape {
  const ring: [number, number][] = [
    [lng, lat],
    [lng + 1, lat],
    [lng + 1, lat + 1],
    [lng, lat + 1],
  ]
  const properties = { code, name: code, kind: 'district', population: 1 }
  return { properties, geometry: { type: 'Polygon', coordinates: [ring] } }
}

const shapes = [square('a', 0, 0), square('b', 1, 0), square('c', 0, 1)]

test('shapes fit the window, north is up, points lie where their area does', () => {
  const { regions, place } = draw(shapes, 216, 216)
  const [a, b, c] = regions
  expect(a!.centre[0]).toBeLessThan(b!.centre[0])
  expect(c!.centre[1]).toBeLessThan(a!.centre[1])
  const [x, y] = place([0.5, 0.5])
  expect(x).toBeCloseTo(a!.centre[0])
  expect(y).toBeCloseTo(a!.centre[1])
  for (const region of regions) expect(region.path).not.toContain('NaN')
  expect(draw([], 216, 216).regions).toEqual([])
})

test('arrow keys go to the neighbour', () => {
  const { regions } = draw(shapes, 216, 216)
  expect(nextRegion(regions, 'a', 'ArrowRight')!.code).toBe('b')
  expect(nextRegion(regions, 'a', 'ArrowUp')!.code).toBe('c')
  expect(nextRegion(regions, 'a', 'ArrowLeft')!.code).toBe('a')
  expect(nextRegion(regions, 'unknown', 'ArrowLeft')!.code).toBe('a')
})

test('kinds are counted, hospitals first', () => {
  const point = (id: string, code: string | null): MapPoint => {
    const kind = code === null ? null : { code, zh: code, en: code }
    return { id, name: id, kind, level: null, area: null, point: [0, 0], beds: 0 }
  }
  const kinds = kindsOf([point('1', 'B100'), point('2', 'B100'), point('3', null), point('4', 'A100')])
  expect(kinds.map((kind) => [kind.code, kind.count])).toEqual([
    ['A100', 1],
    ['B100', 2],
    ['', 1],
  ])
  expect(markOf('E110')).toBe('station')
})

test('a point lies in one shape', () => {
  expect(shapes.map((shape) => contains(shape, [1.5, 0.5]))).toEqual([false, true, false])
  expect(shapes.some((shape) => contains(shape, [9, 9]))).toBe(false)
})
