import type { LocationQuery } from 'vue-router'
import type { Param } from '@/api/definitions'

/** One condition of a search as the form shows it. */
export interface Condition {
  name: string
  /** `exact`, `missing`, … or empty. */
  modifier: string
  /** `ge`, `lt`, … or empty; only for dates, numbers and quantities. */
  prefix: string
  value: string
}

export const PREFIXES = ['', 'ge', 'le', 'gt', 'lt', 'ne', 'ap']

/** Parameters that shape the answer; they pass through the form unseen. */
const SHAPING = new Set(['_count', '_sort', '_summary', '_elements', '_include', '_revinclude', '_total', '_format'])

export function takesPrefix(kind: string): boolean {
  return kind === 'date' || kind === 'number' || kind === 'quantity'
}

export function isShaping(name: string): boolean {
  return SHAPING.has(name.split(':')[0]!)
}

/** The address of the page as pairs, in their order. */
export function pairsOf(query: LocationQuery): [string, string][] {
  return Object.entries(query).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((one): [string, string] => [name, one ?? '']),
  )
}

export function conditionsOf(pairs: [string, string][], params: Param[]): Condition[] {
  return pairs
    .filter(([name]) => !isShaping(name))
    .map(([full, value]) => {
      const colon = full.indexOf(':')
      const name = colon < 0 ? full : full.slice(0, colon)
      const modifier = colon < 0 ? '' : full.slice(colon + 1)
      const kind = params.find((param) => param.name === name)?.kind ?? ''
      const prefix =
        takesPrefix(kind) && modifier === '' ? (/^(eq|ne|ge|le|gt|lt|sa|eb|ap)(?=\d)/.exec(value)?.[1] ?? '') : ''
      return { name, modifier, prefix, value: value.slice(prefix.length) }
    })
}

/** The conditions that say something, as the query of an address. */
export function queryOf(conditions: Condition[], shaping: [string, string][]): Record<string, string[]> {
  const query: Record<string, string[]> = {}
  const add = (name: string, value: string) => (query[name] ??= []).push(value)
  for (const { name, modifier, prefix, value } of conditions) {
    if (name && value.trim()) add(modifier ? `${name}:${modifier}` : name, prefix + value.trim())
  }
  for (const [name, value] of shaping) add(name, value)
  return query
}
