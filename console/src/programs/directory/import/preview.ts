import type { CsvLine } from '@/format/csv'
import { tWords, type Words } from '@/i18n'

export type Action = 'create' | 'change' | 'same' | 'error'

export interface Change {
  /** Key and Chinese name of the column. */
  field: string
  title: string
  from: string | null
  to: string | null
}

/** What is wrong with a cell: Chinese name and key of its column. */
export interface Flaw {
  column: string
  key: string
  text: Words | string
}

/** What a line of the file would do. */
export interface PreviewRow {
  line: number
  action: Action
  name: string
  code: string | null
  /** The institution, once it is written. */
  id?: string
  changes: Change[]
  errors: Flaw[]
}

export interface Counts {
  create: number
  change: number
  same: number
  errors: number
}

export interface Preview extends Counts {
  rows: PreviewRow[]
  /** The key of each column of the file; null where it is none of ours. */
  columns?: (string | null)[]
}

/** A cell of the file with what the check says about it. */
export interface Shown {
  text: string
  change: Change | null
  errors: (Words | string)[]
}

/** A line as it is drawn: its cells, and what belongs to no cell of its own. */
export interface ShownRow {
  row: PreviewRow
  cells: Shown[]
  others: string[]
}

/** Lays the answer over the file: each error and change goes to its cell, the rest to the line. */
export function layOver(head: string[], lines: CsvLine[], preview: Preview): ShownRow[] {
  const byLine = new Map(lines.map((line) => [line.line, line.cells]))
  const places = placesOf(head, preview.columns ?? [])
  return preview.rows.map((row) => {
    const cells = head.map((_, index): Shown => {
      return { text: byLine.get(row.line)?.[index] ?? '', change: null, errors: [] }
    })
    const others: string[] = []
    const cellOf = (...names: string[]) => cells[names.map((name) => places.get(plain(name))).find(isPlace) ?? -1]
    for (const error of row.errors) {
      const cell = cellOf(error.key, error.column)
      if (cell) cell.errors.push(error.text)
      else others.push(`${error.column}: ${tWords(error.text)}`)
    }
    for (const change of row.action === 'change' ? row.changes : []) {
      const cell = cellOf(change.field, change.title)
      if (cell) cell.change = change
      else others.push(`${change.title}: ${change.from ?? ''} → ${change.to ?? ''}`)
    }
    return { row, cells, others }
  })
}

/** Where each column stands, by its key and by its heading in the file. */
function placesOf(head: string[], keys: (string | null)[]): Map<string, number> {
  const places = new Map(head.map((name, index) => [plain(name), index]))
  keys.forEach((key, index) => {
    if (key !== null) places.set(plain(key), index)
  })
  return places
}

function isPlace(place: number | undefined): place is number {
  return place !== undefined
}

function plain(name: string): string {
  return name.trim().toLowerCase()
}
