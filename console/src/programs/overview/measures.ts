import type { AreaRow } from './api'
import { difference } from './compare'

/** What can colour the map. */
export const MEASURES = ['visits', 'usual', 'rate', 'reports', 'registrations', 'in_bed'] as const
export type Measure = (typeof MEASURES)[number]

/** The measure of one area; null where it is hidden or not known. */
export function measureOf(row: AreaRow, measure: Measure): number | null {
  switch (measure) {
    case 'usual':
      return difference(row.visits, row.visits_usual)
    case 'rate':
      return row.visits === null || !row.population ? null : (10_000 * row.visits) / row.population
    default:
      return row[measure]
  }
}

/** Five classes: numbers are divided into them from low to high, differences about nothing. */
export interface Scale {
  /** The four borders between the classes. */
  borders: number[]
  /** Below and above the usual instead of little and much. */
  about_zero: boolean
}

const DIFFERENCES = [-20, -5, 5, 20]
/** With so many areas, one class that holds more than this share of them tells too little. */
const MANY = 8
const CROWDED = 0.6

export function scaleOf(values: (number | null)[], measure: Measure): Scale {
  if (measure === 'usual') return { borders: DIFFERENCES, about_zero: true }
  const known = values.filter((value) => value !== null)
  const scale = { borders: evenBorders(known), about_zero: false }
  const crowd = Math.max(
    0,
    ...[0, 1, 2, 3, 4].map((nth) => known.filter((value) => classOf(value, scale) === nth).length),
  )
  const many = known.length >= MANY && crowd > CROWDED * known.length
  return many ? { ...scale, borders: sharedBorders(known) ?? scale.borders } : scale
}

/** Classes of the same width. */
function evenBorders(known: number[]): number[] {
  const low = known.length > 0 ? Math.min(...known) : 0
  const high = known.length > 0 ? Math.max(...known) : 0
  const step = niceStep((high - low) / 5)
  const first = Math.max(step, Math.ceil((low + step / 2) / step) * step)
  return [0, 1, 2, 3].map((at) => Number((first + at * step).toPrecision(6)))
}

/** Classes of about as many areas each, with round borders; none where too many areas are alike. */
function sharedBorders(known: number[]): number[] | null {
  const sorted = known.filter((value) => value > 0).toSorted((a, b) => a - b)
  if (sorted.length === 0) return null
  const borders = [1, 2, 3, 4].map((fifth) => roundOff(sorted[Math.floor((fifth * sorted.length) / 5)]!))
  return borders.every((border, at) => at === 0 || border > borders[at - 1]!) ? borders : null
}

/** Two figures are enough for a border. */
function roundOff(value: number): number {
  return Number(value.toPrecision(value < 10 ? 1 : 2))
}

/** 0 to 4; a border belongs to the class above it. */
export function classOf(value: number, scale: Scale): number {
  return scale.borders.filter((border) => value >= border).length
}

/** 1, 2 or 5 with noughts. */
function niceStep(rough: number): number {
  if (rough <= 0) return 1
  const power = 10 ** Math.floor(Math.log10(rough))
  const times = rough / power
  return (times <= 1 ? 1 : times <= 2 ? 2 : times <= 5 ? 5 : 10) * power
}
