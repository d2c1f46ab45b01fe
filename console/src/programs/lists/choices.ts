import { ask, type Filter, type Tag } from '@/api/programs'

/** One value of a filter. */
export type Choice = Tag

const asked = new Map<string, Promise<Record<string, unknown>>>()

/** The values that a filter offers, from the operation it names (`codes:kinds`); none for what is typed. */
export async function choicesOf(program: string, filter: Filter): Promise<Choice[]> {
  if (!filter.values) return []
  const [operation, member] = filter.values.split(':') as [string, string]
  const answer = await answerOf(program, operation)
  const rows = answer[member]
  return Array.isArray(rows) ? (rows as Choice[]) : []
}

/** Codes do not change while one works; an answer that failed is asked for again. */
function answerOf(program: string, operation: string): Promise<Record<string, unknown>> {
  const key = `${program}/${operation}`
  const known = asked.get(key)
  if (known) return known
  const answer = ask<Record<string, unknown>>(program, operation)
  asked.set(key, answer)
  answer.catch(() => asked.delete(key))
  return answer
}
