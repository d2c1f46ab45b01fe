import { ask, type Column, type Filter, type Row, type Tag } from '@/api/programs'
import { t } from '@/i18n'

/** One value of a filter. */
export type Choice = Tag

/** How a filter is set: from choices, by typing, or only by a link from another screen. */
export type Way = 'choices' | 'typed' | 'link'

/** A flag is yes or no; a tag is one of those seen; what is no column or a reference comes by a link. */
export function wayOf(filter: Filter, columns: Column[]): Way {
  if (filter.values) return 'choices'
  const kind = columns.find((column) => column.key === filter.key)?.kind
  if (kind === 'flag' || kind === 'tag') return 'choices'
  return kind === undefined || kind === 'reference' ? 'link' : 'typed'
}

/** The tags of a column among these rows, in the order of their codes. */
export function seenTags(key: string, rows: Row[], before: Choice[]): Choice[] {
  const seen = new Map(before.map((choice) => [choice.code, choice]))
  for (const row of rows) {
    const tag = row[key] as Tag | null | undefined
    if (tag && typeof tag === 'object' && typeof tag.code === 'string') seen.set(tag.code, tag)
  }
  return [...seen.values()].toSorted((a, b) => (a.code < b.code ? -1 : 1))
}

export function flagChoices(): Choice[] {
  return [true, false].map((flag) => ({ code: String(flag), zh: t(flag ? 'yes' : 'no'), en: t(flag ? 'yes' : 'no') }))
}

const asked = new Map<string, Promise<Choice[]>>()

/** The values that a filter names: a member of an operation's answer (`codes:kinds`), or the areas below the topmost. */
export function namedChoices(program: string, values: string): Promise<Choice[]> {
  const key = `${program}/${values}`
  const known = asked.get(key)
  if (known) return known
  const [operation, member] = values.split(':') as [string, string | undefined]
  const answer = member ? members(program, operation, member) : parts(program, operation)
  asked.set(key, answer)
  // Codes do not change while one works; an answer that failed or was empty is asked for again.
  answer.then(
    (choices) => choices.length === 0 && asked.delete(key),
    () => asked.delete(key),
  )
  return answer
}

async function members(program: string, operation: string, member: string): Promise<Choice[]> {
  const rows = (await ask<Record<string, unknown>>(program, operation))[member]
  return Array.isArray(rows) ? (rows as Choice[]) : []
}

interface Place {
  code: string
  name: string
}

/** Of a city the districts: the parts of the one topmost area. */
async function parts(program: string, operation: string): Promise<Choice[]> {
  const places = async (parent?: string) =>
    (await ask<Record<string, Place[]>>(program, operation, { parent }))[operation] ?? []
  const top = await places()
  const found = top.length === 1 ? await places(top[0]!.code) : top
  return found.map((place) => ({ code: place.code, zh: place.name, en: place.name }))
}
