import type { CsvLine } from '@/format/csv'

export type Action = 'create' | 'change' | 'same' | 'error'

export interface Change {
  /** The column as it is headed in the file. */
  field: string
  from: string | null
  to: string | null
}

/** What a line of the file would do. */
export interface PreviewRow {
  line: number
  action: Action
  name: string
  /** The institution, where it is there already. */
  id?: string | null
  changes: Change[]
  errors: { column: string | null; text: string }[]
}

export interface Preview {
  rows: PreviewRow[]
  create: number
  change: number
  same: number
  errors: number
}

/** A cell of the file with what the check says about it. */
export interface Shown {
  text: string
  change: Change | null
  errors: string[]
}

/** A line as it is drawn: its cells, and what belongs to no cell of its own. */
export interface ShownRow {
  row: PreviewRow
  cells: Shown[]
  others: string[]
}

/** Lays the answer over the file: each error and change goes to its cell, the rest to the line. */
export function layOver(head: string[], lines: CsvLine[], rows: PreviewRow[]): ShownRow[] {
  const byLine = new Map(lines.map((line) => [line.line, line.cells]))
  const columns = new Map(head.map((name, index) => [plain(name), index]))
  return rows.map((row) => {
    const cells = head.map((_, index): Shown => ({
      text: byLine.get(row.line)?.[index] ?? '',
      change: null,
      errors: [],
    }))
    const others: string[] = []
    const cellOf = (column: string | null) => cells[columns.get(plain(column ?? '')) ?? -1]
    for (const error of row.errors) {
      const cell = cellOf(error.column)
      if (cell) cell.errors.push(error.text)
      else others.push(error.column ? `${error.column}: ${error.text}` : error.text)
    }
    for (const change of row.action === 'change' ? row.changes : []) {
      const cell = cellOf(change.field)
      if (cell) cell.change = change
      else others.push(`${change.field}: ${change.from ?? ''} → ${change.to ?? ''}`)
    }
    return { row, cells, others }
  })
}

function plain(name: string): string {
  return name.trim().toLowerCase()
}
