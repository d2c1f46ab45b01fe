import type { QualityRow } from './api'

export type Fault = 'silent' | 'few' | 'late' | 'codes'

/** Fewer messages than this share of what is expected are too few. */
const FEW = 0.6
/** So few are expected that none says nothing. */
const EXPECTED_MIN = 5
const LATE = 0.2
const CODES = 0.1

/** What is wrong with the reports of an institution. */
export function faultsOf(row: QualityRow): Fault[] {
  const faults: Fault[] = []
  const expected = row.expected ?? 0
  if (row.messages === 0 && expected >= EXPECTED_MIN) faults.push('silent')
  else if (row.messages !== null && expected >= EXPECTED_MIN && row.messages < FEW * expected) faults.push('few')
  if ((row.late_share ?? 0) >= LATE) faults.push('late')
  if ((row.unknown_codes_share ?? 0) >= CODES) faults.push('codes')
  return faults
}

/** Bad ones first: silent before few before late before codes; then those that miss the most messages. Those who have nothing to say come last. */
export function worstFirst(rows: QualityRow[]): QualityRow[] {
  return rows.toSorted(
    (a, b) => badness(b) - badness(a) || missing(b) - missing(a) || a.name.localeCompare(b.name, 'zh'),
  )
}

/** Nothing came and nothing is expected. */
export function isQuiet(row: QualityRow): boolean {
  return row.messages === 0 && (row.expected ?? 0) < 1
}

function badness(row: QualityRow): number {
  const weights: Record<Fault, number> = { silent: 8, few: 4, late: 2, codes: 1 }
  if (isQuiet(row)) return -1
  return faultsOf(row).reduce((sum, fault) => sum + weights[fault], 0)
}

function missing(row: QualityRow): number {
  return (row.expected ?? 0) - (row.messages ?? 0)
}
