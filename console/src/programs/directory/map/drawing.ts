/** Longitude and latitude, or a place in the window. */
export type Position = [number, number]

/** A GeoJSON feature: an area with its outline. */
export interface Shape {
  properties: { code: string; name: string; kind: string; population: number | null }
  geometry: { type: 'Polygon'; coordinates: Position[][] } | { type: 'MultiPolygon'; coordinates: Position[][][] }
}

/** An area as it is drawn. */
export interface Region {
  code: string
  name: string
  path: string
  centre: Position
  width: number
  height: number
}

export interface Drawing {
  regions: Region[]
  /** Where a point of the earth lies in the window. */
  place: (point: Position) => Position
}

export type Direction = 'ArrowLeft' | 'ArrowRight' | 'ArrowUp' | 'ArrowDown'

const PAD = 8

/** Fits the shapes into a window. A degree of longitude is shorter than one of latitude by the cosine of the latitude. */
export function draw(shapes: Shape[], width: number, height: number): Drawing {
  const corners = shapes.flatMap((shape) => ringsOf(shape).flat())
  if (corners.length === 0 || width <= 0 || height <= 0) return { regions: [], place: () => [0, 0] }
  const squeeze = Math.cos((corners[0]![1] * Math.PI) / 180)
  const flat = ([lng, lat]: Position): Position => [lng * squeeze, -lat]
  const [left, top, right, bottom] = boxOf(corners.map(flat))
  const scale = Math.min((width - 2 * PAD) / (right - left || 1), (height - 2 * PAD) / (bottom - top || 1))
  const place = (point: Position): Position => {
    const [x, y] = flat(point)
    return [
      (x - left) * scale + (width - (right - left) * scale) / 2,
      (y - top) * scale + (height - (bottom - top) * scale) / 2,
    ]
  }
  return { regions: shapes.map((shape) => regionOf(shape, place)), place }
}

function regionOf(shape: Shape, place: (point: Position) => Position): Region {
  const rings = ringsOf(shape).map((ring) => ring.map(place))
  const [x0, y0, x1, y1] = boxOf(rings.flat())
  const { code, name } = shape.properties
  return { code, name, path: rings.map(pathOf).join(''), centre: centreOf(rings), width: x1 - x0, height: y1 - y0 }
}

/** The region that lies next in a direction, for the arrow keys; the same one where there is none. */
export function nextRegion(regions: Region[], from: string, direction: Direction): Region | null {
  const start = regions.find((region) => region.code === from)
  if (!start) return regions[0] ?? null
  const along = direction === 'ArrowLeft' || direction === 'ArrowRight' ? 0 : 1
  const sign = direction === 'ArrowLeft' || direction === 'ArrowUp' ? -1 : 1
  const distance = (region: Region) => {
    const ahead = (region.centre[along] - start.centre[along]) * sign
    const aside = Math.abs(region.centre[1 - along]! - start.centre[1 - along]!)
    return ahead > 1 ? ahead + 2 * aside : Infinity
  }
  const found = regions.toSorted((a, b) => distance(a) - distance(b))[0]
  return found && distance(found) < Infinity ? found : start
}

/** Whether a point lies in a shape: a line from it to the east crosses the outline an odd number of times. */
export function contains(shape: Shape, [x, y]: Position): boolean {
  let inside = false
  for (const ring of ringsOf(shape)) {
    ring.forEach(([x0, y0], at) => {
      const [x1, y1] = ring[(at + 1) % ring.length]!
      if (y0 > y !== y1 > y && x < x0 + ((y - y0) / (y1 - y0)) * (x1 - x0)) inside = !inside
    })
  }
  return inside
}

function ringsOf(shape: Shape): Position[][] {
  return shape.geometry.type === 'Polygon' ? shape.geometry.coordinates : shape.geometry.coordinates.flat()
}

function boxOf(points: Position[]): [number, number, number, number] {
  const box: [number, number, number, number] = [Infinity, Infinity, -Infinity, -Infinity]
  for (const [x, y] of points) {
    box[0] = Math.min(box[0], x)
    box[1] = Math.min(box[1], y)
    box[2] = Math.max(box[2], x)
    box[3] = Math.max(box[3], y)
  }
  return box
}

function pathOf(ring: Position[]): string {
  return `M${ring.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join('L')}Z`
}

/** The centre of gravity of the largest ring. */
function centreOf(rings: Position[][]): Position {
  let best: { area: number; centre: Position } = { area: -1, centre: [0, 0] }
  for (const ring of rings) {
    let sum = 0
    let x = 0
    let y = 0
    ring.forEach(([x0, y0], at) => {
      const [x1, y1] = ring[(at + 1) % ring.length]!
      const cross = x0 * y1 - x1 * y0
      sum += cross
      x += (x0 + x1) * cross
      y += (y0 + y1) * cross
    })
    const centre: Position = sum === 0 ? ring[0]! : [x / (3 * sum), y / (3 * sum)]
    if (Math.abs(sum) > best.area) best = { area: Math.abs(sum), centre }
  }
  return best.centre
}
