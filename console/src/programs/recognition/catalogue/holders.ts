import type { Reference } from '@/api/programs'
import type { Right } from '../api'

/** What an institution holds of one mark in one span: for all items, or for these. */
export interface Holder {
  key: string
  institution: Reference | null
  mark: string
  from: string
  to: string | null
  granted: boolean
  source: string
  /** Empty = all of them. */
  items: string[]
}

/** Rights come one an item; a reader wants one line an institution and mark. */
export function holdersOf(rights: Right[]): Holder[] {
  const found = new Map<string, Holder>()
  for (const { institution, item, mark, from, to, granted = true, source = '' } of rights) {
    const key = [institution?.id ?? '', mark, from, to ?? '', item === null ? 'all' : 'some', granted, source].join('|')
    const known = found.get(key) ?? { key, institution, mark, from, to, granted, source, items: [] }
    if (item !== null) known.items.push(item)
    found.set(key, known)
  }
  return [...found.values()]
}
