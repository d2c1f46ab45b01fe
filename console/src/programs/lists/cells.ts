import { hasScreen, type Column, type Row } from '@/api/programs'
import { showDate, showInstant } from '@/format/dates'
import { showCount } from '@/format/numbers'
import { localReference } from '@/format/values'
import { t, tWords, type Words } from '@/i18n'

export interface Cell {
  text: string
  /** Where it leads. */
  to?: string
}

interface Reference {
  reference: string
  display?: string
}

/** What a cell shows, whatever shape the server gave it. */
export function cellOf(column: Column, row: Row): Cell {
  const value = row[column.key]
  if (value === null || value === undefined || value === '') return { text: '' }
  if (isReference(value)) return { text: value.display || value.reference, to: pathOf(value.reference) ?? undefined }
  return { text: textOf(value, column.kind.toLowerCase()) }
}

function textOf(value: unknown, kind: string): string {
  if (typeof value === 'number') return kind === 'number' ? showCount(value) : String(value)
  if (typeof value === 'boolean') return t(value ? 'yes' : 'no')
  if (typeof value === 'string')
    return kind === 'date' ? showDate(value) : kind === 'instant' ? showInstant(value) : value
  if (Array.isArray(value)) return value.map((one) => textOf(one, kind)).join(t('comma'))
  return isWords(value) ? tWords(value) : JSON.stringify(value)
}

function isReference(value: unknown): value is Reference {
  return typeof value === 'object' && typeof (value as Reference | null)?.reference === 'string'
}

function isWords(value: unknown): value is Words {
  return typeof value === 'object' && typeof (value as Words | null)?.zh === 'string'
}

/** The screen of a reference: an institution has one of its own, all else is shown as its record. */
export function pathOf(reference: string): string | null {
  const target = localReference(reference)
  if (!target) return null
  if (target.type === 'Organization' && hasScreen('/directory')) return institutionPath(target.id)
  return `/r/${target.type}/${target.id}`
}

export function institutionPath(id: string): string {
  return `/directory/institution/${encodeURIComponent(id)}`
}

/** What Enter opens: what the row names, or else its first reference. */
export function openOf(columns: Column[], row: Row): string | undefined {
  if (typeof row.open === 'string') return row.open.startsWith('/') ? row.open : (pathOf(row.open) ?? undefined)
  for (const column of columns) {
    const to = cellOf(column, row).to
    if (to) return to
  }
  return undefined
}

export function isNumber(column: Column): boolean {
  return column.kind.toLowerCase() === 'number'
}
