import type { LocationQuery } from 'vue-router'
import type { Filter } from '@/api/programs'

/** What a list is asked for; it stands in the address, so that a link shows the same again. */
export interface Asked {
  q: string
  /** A column's key, with a minus before it for the greatest first. */
  sort: string
  filters: Record<string, string>
}

export function askedOf(query: LocationQuery, filters: Filter[]): Asked {
  const one = (name: string) => (typeof query[name] === 'string' ? query[name] : '')
  const set = filters.map((filter) => [filter.key, one(filter.key)] as const).filter(([, value]) => value !== '')
  return { q: one('q'), sort: one('sort'), filters: Object.fromEntries(set) }
}

/** As parameters of the address and of the server alike. */
export function paramsOf(asked: Asked): Record<string, string> {
  const all: [string, string][] = [['q', asked.q.trim()], ['sort', asked.sort], ...Object.entries(asked.filters)]
  return Object.fromEntries(all.filter(([, value]) => value !== ''))
}

/** A click on a column: ascending, descending, as the server has it. */
export function nextSort(sort: string, key: string): string {
  if (sort === key) return `-${key}`
  return sort === `-${key}` ? '' : key
}

export function isNarrowed(asked: Asked): boolean {
  return asked.q.trim() !== '' || Object.keys(asked.filters).length > 0
}
