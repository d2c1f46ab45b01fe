import { computed, onScopeDispose, ref, shallowRef } from 'vue'
import { isAbort } from '@/api/http'
import { cardsAt, isOffer, orderOf, type Card, type DraftOrder, type Hook, type Moment } from '@/cards/api'
import type { Item } from '../api'

/** What was decided about a card. */
export interface Decided {
  decision: 'recognise' | 'order-anyway'
  /** The reason in words, of an order that stands. */
  reason: string
}

/** An order that is being written. */
export interface Line {
  id: string
  item: Item
  /** `unknown`: the record did not answer; the order goes on. */
  state: 'asking' | 'answered' | 'unknown'
  cards: Card[]
  error: unknown
  millis: number | null
}

export interface Setting {
  patient: string
  encounter: string | null
  user: string
  /** Why the examinations are ordered, as written. */
  reason: string
}

/** The system under which an item is ordered that the institution has no code of its own for. */
const ITEM_SYSTEM = 'urn:jingluo:recognition:item'

/** An order as the hospital's own system would send it: in its own code where it has one. */
export function draftOf(line: Pick<Line, 'id' | 'item'>, language: 'zh' | 'en', reason: string): DraftOrder {
  const { item } = line
  const name = item.name[language] || item.name.zh
  const own = item.local.slice(0, 1).map(({ system, code, name: local }) => ({ system, code, display: local ?? name }))
  const codings = own.length > 0 ? own : [{ system: ITEM_SYSTEM, code: item.item, display: name }]
  return { id: line.id, codings, text: own[0]?.display ?? name, reason }
}

/** The order's cards that still ask for a decision. */
export function undecided(line: Line, decided: ReadonlyMap<string, Decided>): Card[] {
  if (isRecognised(line, decided)) return []
  return line.cards.filter((card) => isOffer(card) && !decided.has(card.uuid))
}

export function isRecognised(line: Line, decided: ReadonlyMap<string, Decided>): boolean {
  return line.cards.some((card) => decided.get(card.uuid)?.decision === 'recognise')
}

/** Puts new cards to the orders they are about; one that names no order belongs to the first one chosen. */
export function place(lines: Line[], cards: Card[], chosen: string[], millis: number): Line[] {
  const known = new Set(lines.map((line) => line.id))
  const home = (card: Card) => {
    const named = orderOf(card)
    return named && known.has(named) ? named : chosen[0]
  }
  return lines.map((line) => {
    const mine = cards.filter((card) => home(card) === line.id)
    const isAsked = chosen.includes(line.id)
    if (!isAsked && mine.length === 0) return line
    const fresh = new Set(mine.map((card) => card.uuid))
    const kept = line.cards.filter((card) => !fresh.has(card.uuid))
    return {
      ...line,
      cards: [...mine, ...kept],
      state: 'answered',
      error: null,
      millis: isAsked ? millis : line.millis,
    }
  })
}

/** The orders of one patient, and what the record says to each in the moment it is chosen. */
export function useOrders(setting: () => Setting | null, language: () => 'zh' | 'en') {
  const lines = shallowRef<Line[]>([])
  const decided = shallowRef<ReadonlyMap<string, Decided>>(new Map())
  const signing = ref(false)
  let made = 0
  let alive = new AbortController()

  const open = computed(() => lines.value.flatMap((line) => undecided(line, decided.value)))
  const standing = computed(() => lines.value.filter((line) => !isRecognised(line, decided.value)))
  const recognised = computed(() => lines.value.filter((line) => isRecognised(line, decided.value)))

  function moment(now: Setting, chosen: string[]): Moment {
    const orders = standing.value.map((line) => draftOf(line, language(), now.reason))
    return { patient: now.patient, encounter: now.encounter, user: now.user, orders, chosen }
  }

  async function ask(hook: Hook, chosen: string[]) {
    const now = setting()
    if (!now || chosen.length === 0) return
    const mine = alive
    const began = performance.now()
    try {
      const cards = await cardsAt(hook, moment(now, chosen), mine.signal)
      if (mine !== alive) return
      lines.value = place(lines.value, cards, chosen, Math.round(performance.now() - began))
    } catch (error) {
      if (mine !== alive || isAbort(error)) return
      lines.value = lines.value.map((line) =>
        chosen.includes(line.id) && line.state === 'asking' ? { ...line, state: 'unknown', error } : line,
      )
    }
  }

  function add(item: Item): boolean {
    if (standing.value.some((line) => line.item.item === item.item)) return false
    made += 1
    const id = `draft-${made}`
    lines.value = [...lines.value, { id, item, state: 'asking', cards: [], error: null, millis: null }]
    void ask('order-select', [id])
    return true
  }

  function remove(id: string) {
    lines.value = lines.value.filter((line) => line.id !== id)
  }

  function again(id: string) {
    lines.value = lines.value.map((line) => (line.id === id ? { ...line, state: 'asking', error: null } : line))
    void ask('order-select', [id])
  }

  function keep(card: string, decision: Decided) {
    decided.value = new Map(decided.value).set(card, decision)
  }

  /** Asks once more before signing. Whatever is answered, or not, signing goes on. */
  async function beforeSigning() {
    signing.value = true
    await ask(
      'order-sign',
      standing.value.map((line) => line.id),
    )
    signing.value = false
  }

  function clear() {
    alive.abort()
    alive = new AbortController()
    lines.value = []
    decided.value = new Map()
    signing.value = false
  }

  onScopeDispose(() => alive.abort())
  return { lines, decided, signing, open, standing, recognised, add, remove, again, keep, beforeSigning, clear }
}
