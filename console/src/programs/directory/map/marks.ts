import type { MapPoint } from '../api'
import type { Words } from '@/i18n'

/** How an institution is drawn. Shape and colour both differ, for those who tell colours badly. */
export type Mark = 'hospital' | 'centre' | 'station' | 'prevention' | 'mothers' | 'office' | 'other'

/** The platform's own kind for a health authority. */
const AUTHORITY = 'Z100'

/** By the first letter of the kind (WS 218): the families of institutions. */
export function markOf(kind: string): Mark {
  if (kind === AUTHORITY) return 'office'
  switch (kind[0]) {
    case 'A':
      return 'hospital'
    case 'B':
    case 'C':
    case 'D':
      return 'centre'
    case 'E':
      return 'station'
    case 'J':
    case 'K':
      return 'prevention'
    case 'G':
    case 'H':
      return 'mothers'
    default:
      return 'other'
  }
}

/** The outline of a mark about the origin, `r` from its middle to its edge. */
export function outline(mark: Mark, r: number): string {
  switch (mark) {
    case 'hospital': // a cross
      return cross(r)
    case 'station': // a triangle
      return `M0 ${-r}L${r} ${r * 0.8}L${-r} ${r * 0.8}Z`
    case 'prevention': // a square on its corner
      return `M0 ${-r}L${r} 0L0 ${r}L${-r} 0Z`
    case 'mothers': // a square
    case 'office':
      return `M${-r * 0.8} ${-r * 0.8}H${r * 0.8}V${r * 0.8}H${-r * 0.8}Z`
    default: // a circle
      return `M${-r} 0A${r} ${r} 0 1 0 ${r} 0A${r} ${r} 0 1 0 ${-r} 0Z`
  }
}

function cross(r: number): string {
  const a = r * 0.38
  return `M${-a} ${-r}H${a}V${-a}H${r}V${a}H${a}V${r}H${-a}V${a}H${-r}V${-a}H${-a}Z`
}

export function radiusOf(mark: Mark): number {
  return { hospital: 8, centre: 4.5, station: 5.5, prevention: 6, mothers: 5, office: 4, other: 3 }[mark]
}

/** One line of the legend. */
export interface Kind {
  code: string
  name: Words | null
  mark: Mark
  count: number
}

const ORDER: Mark[] = ['hospital', 'centre', 'station', 'prevention', 'mothers', 'office', 'other']

/** The kinds among these institutions, hospitals first, within a family the most frequent first. */
export function kindsOf(points: MapPoint[]): Kind[] {
  const kinds = new Map<string, Kind>()
  for (const point of points) {
    const code = point.kind?.code ?? ''
    const known = kinds.get(code)
    if (known) known.count += 1
    else kinds.set(code, { code, name: point.kind, mark: markOf(code), count: 1 })
  }
  return [...kinds.values()].toSorted((a, b) => ORDER.indexOf(a.mark) - ORDER.indexOf(b.mark) || b.count - a.count)
}
