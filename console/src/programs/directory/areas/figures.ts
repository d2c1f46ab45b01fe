import type { Band } from '../api'

/** Shares that planners ask for first. */
export interface Shares {
  children: number
  working: number
  old: number
  /** Men to a hundred women; null without women. */
  sex_ratio: number | null
}

const CHILD_MAX = 14
const OLD_MIN = 65

/** A band counts where it begins; the bands of the city do not cross these borders. */
export function sharesOf(bands: Band[]): Shares {
  const people = (chosen: Band[]) => chosen.reduce((sum, band) => sum + band.male + band.female, 0)
  const total = people(bands) || 1
  const children = people(bands.filter((band) => band.low <= CHILD_MAX)) / total
  const old = people(bands.filter((band) => band.low >= OLD_MIN)) / total
  const men = bands.reduce((sum, band) => sum + band.male, 0)
  const women = bands.reduce((sum, band) => sum + band.female, 0)
  return { children, old, working: Math.max(0, 1 - children - old), sex_ratio: women > 0 ? (100 * men) / women : null }
}

/** `0–4`, `85+` */
export function bandName(band: Band): string {
  if (band.high === null) return `${band.low}+`
  return band.high === band.low ? String(band.low) : `${band.low}–${band.high}`
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}
