import type { CodeMap, CodeRow } from '../api'

/** What somebody chose for a code; the best suggestion until then. */
export type Chosen = ReadonlyMap<string, { item: string; name: string } | null>

/** From this on a suggestion is good enough to be confirmed with others at once. */
export const SURE_FROM = 90

export function keyOf(row: CodeRow): string {
  return `${row.institution.id}|${row.system}|${row.code}`
}

export function itemFor(row: CodeRow, chosen: Chosen): { item: string; confidence: number | null } | null {
  const key = keyOf(row)
  if (chosen.has(key)) {
    const own = chosen.get(key)
    return own ? { item: own.item, confidence: confidenceOf(row, own.item) } : null
  }
  const best = row.suggestions[0]
  return best ? { item: best.item, confidence: best.confidence } : null
}

function confidenceOf(row: CodeRow, item: string): number | null {
  return row.suggestions.find((one) => one.item === item)?.confidence ?? null
}

/** Rows whose best suggestion needs no second look, and which nobody decided otherwise. */
export function sureOf(rows: CodeRow[], chosen: Chosen): CodeRow[] {
  return rows.filter((row) => !chosen.has(keyOf(row)) && (row.suggestions[0]?.confidence ?? 0) >= SURE_FROM)
}

/** What is sent of the selected rows; one for which nothing is chosen is left as it is. */
export function mapsOf(rows: CodeRow[], selected: ReadonlySet<string>, chosen: Chosen): CodeMap[] {
  return rows.flatMap((row) => {
    if (!selected.has(keyOf(row))) return []
    const item = itemFor(row, chosen)
    if (!item) return []
    return [{ institution: row.institution.id, system: row.system, code: row.code, name: row.name, item: item.item }]
  })
}
