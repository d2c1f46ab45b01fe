import { shallowRef } from 'vue'
import { t, tOr, tWords, type Words } from '@/i18n'
import type { Column, Fields, Row, Scope, Table, Value } from './api'

/** Longer times are read in days. */
const HOURS_SHOWN_MAX = 72

/** A value as a person reads it. */
export function showValue(column: Column, value: Value | undefined): string {
  if (value === undefined) return ''
  if (typeof value === 'boolean') return t(value ? 'yes' : 'no')
  if (Array.isArray(value)) return value.join(t('rules.between'))
  if (column.kind === 'code') return showCode(String(value))
  if (column.unit === 'h' && typeof value === 'number' && value > HOURS_SHOWN_MAX && value % 24 === 0)
    return t('rules.hours', { n: value, days: value / 24 })
  return column.unit ? `${value} ${column.unit}` : String(value)
}

/** A code of a column in words, where the console knows it. */
export function showCode(code: string): string {
  return tOr(`rules.code-${code}`, code)
}

export function showScope(scope: Scope, names?: Map<string, string>): string {
  const level = t(`rules.scope-${scope.level}`)
  const name = scope.name ?? (scope.code ? (names?.get(scope.code) ?? scope.code) : '')
  return name ? name : level
}

export function showDates(row: Row): string {
  return row.to ? t('rules.from-to', { from: row.from, to: row.to }) : t('rules.on-from', { from: row.from })
}

/** What the values of key columns are called, as far as the programs know; by the key of the column. */
export const keyNames = shallowRef(new Map<string, Map<string, Words>>())

/** What tells the row from the others of its table. A name stands before a key that says nothing by itself. */
export function showKey(table: Table, row: Row): string {
  const isNamed = table.columns.some((column) => column.key === 'zh')
  const keys = table.columns.filter((column) => column.is_key)
  return keys
    .map((column) => {
      const key = showValue(column, row.values[column.key])
      const name = isNamed ? undefined : keyNames.value.get(column.key)?.get(key)
      return name ? `${tWords(name)} ${key}` : key
    })
    .filter(Boolean)
    .join(' · ')
}

/** What stands beside the key, with its title where a value by itself says too little. */
export function showRest(table: Table, row: Row): string {
  if (row.lifted) return t('rules.lifted-what')
  const rest = table.columns.filter((column) => !column.is_key && row.values[column.key] !== undefined)
  return rest
    .map((column) => `${tWords(column.title)} ${showValue(column, row.values[column.key])}`)
    .join(t('rules.between'))
}

/** A row as the fields of a form. */
export function fieldsOf(table: Table, row: Row): Fields {
  const fields: Fields = {
    scope: row.scope.text,
    from: row.from,
    to: row.to ?? '',
    applies_by: row.applies_by,
    source: row.source,
    sure: row.sure,
    lifted: row.lifted ? 'yes' : '',
  }
  for (const column of table.columns) fields[column.key] = fieldOf(row.values[column.key])
  return fields
}

function fieldOf(value: Value | undefined): string {
  if (value === undefined) return ''
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  return Array.isArray(value) ? value.join(';') : String(value)
}

export interface Line {
  title: string
  now: string
  before: string
  changed: boolean
}

/** Every field of a row, beside another one where there is one. */
export function linesOf(table: Table, row: Row, other: Row | null): Line[] {
  const line = (title: string, of: (row: Row) => string): Line => {
    const [now, before] = [of(row), other ? of(other) : '']
    return { title, now, before, changed: other !== null && now !== before }
  }
  const values = table.columns.map((column) =>
    line(tWords(column.title), (one) =>
      one.lifted && !column.is_key ? '' : showValue(column, one.values[column.key]),
    ),
  )
  const lines = [
    ...values,
    line(t('rules.lifted'), (one) => (one.lifted ? t('rules.lifted-what') : '')),
    line(t('rules.scope'), (one) => showScope(one.scope)),
    line(t('rules.dates'), showDates),
    line(t('rules.applies-by'), (one) => t(`rules.by-${one.applies_by}`)),
    line(t('rules.source'), (one) => one.source),
    line(t('rules.sure'), (one) => t(`rules.sure-${one.sure}`)),
  ]
  return lines.filter(({ now, before }) => now !== '' || before !== '')
}
