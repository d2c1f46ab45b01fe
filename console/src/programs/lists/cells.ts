import { hasScreen, type Column, type Reference, type Row } from '@/api/programs'
import { showDate, showInstant } from '@/format/dates'
import { showCount } from '@/format/numbers'
import { codeName, t, tWords, type Words } from '@/i18n'

/** Columns whose text is a code of the standard. */
const CODED = new Set(['gender', 'status'])

export interface Cell {
  text: string
  /** Where it leads. */
  to?: string
}

/** What a cell shows, whatever shape the server gave it. */
export function cellOf(column: Column, row: Row): Cell {
  const value = row[column.key]
  if (value === null || value === undefined || value === '') return { text: '' }
  if (isReference(value)) return { text: value.name || value.id, to: pathOf(value) }
  if (CODED.has(column.key) && typeof value === 'string') return { text: codeName(value) }
  return { text: textOf(value, column.kind) }
}

function textOf(value: unknown, kind: Column['kind']): string {
  if (typeof value === 'number') return kind === 'number' ? showCount(value) : String(value)
  if (typeof value === 'boolean') return t(value ? 'yes' : 'no')
  if (typeof value === 'string')
    return kind === 'date' ? showDate(value) : kind === 'instant' ? showInstant(value) : value
  if (Array.isArray(value)) return value.map((one) => textOf(one, kind)).join(t('comma'))
  return isWords(value) ? tWords(value) : JSON.stringify(value)
}

function isReference(value: unknown): value is Reference {
  return (
    typeof value === 'object' && typeof (value as Reference | null)?.id === 'string' && 'type' in (value as Reference)
  )
}

function isWords(value: unknown): value is Words {
  return typeof value === 'object' && typeof (value as Words | null)?.zh === 'string'
}

/** The screen of a reference: an institution has one of its own, all else is shown as its record. */
export function pathOf(target: { type: string; id: string }): string {
  if (target.type === 'Organization' && hasScreen('/directory')) return institutionPath(target.id)
  return `/r/${target.type}/${target.id}`
}

export function institutionPath(id: string): string {
  return `/directory/institution/${encodeURIComponent(id)}`
}

/** What Enter opens: the first reference of the row. */
export function openOf(columns: Column[], row: Row): string | undefined {
  for (const column of columns) {
    const to = cellOf(column, row).to
    if (to) return to
  }
  return undefined
}
