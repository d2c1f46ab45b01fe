import { mayUse } from '@/api/programs'
import type { Words } from '@/i18n'
import { catalogue, RECOGNITION } from './recognition/api'

/** What the values of a key column of rules are called, by the key of the column. */
export async function namesOfRules(): Promise<Map<string, Map<string, Words>>> {
  if (!mayUse(RECOGNITION, 'items')) return new Map()
  const { items } = await catalogue({})
  return new Map([['item', new Map(items.map((item) => [item.item, item.name]))]])
}
