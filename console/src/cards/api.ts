import { requestJson } from '@/api/http'
import type { Tag } from '@/api/programs'
import { ApiError } from '@/api/outcome'
import type { Words } from '@/i18n'

/** The moments in which cards are asked for, by their names in CDS Hooks 2.0. */
export type Hook = 'order-select' | 'order-sign' | 'patient-view'

export interface Coding {
  system: string
  code: string
  display?: string
}

/** Why a card may be passed over. */
export interface Reason extends Tag {
  /** Something has to be written with it. */
  needs_text?: boolean
}

/** What this platform tells of a card beyond CDS Hooks. */
export interface CardExtension {
  /** A remark is no card: it says that something is not known or was not looked at. */
  kind: 'offer' | 'information' | 'remark'
  /** The order it is about, as the client named it. */
  order?: string | null
  /** Of a remark. */
  code?: string
  summary?: Words
  detail?: Words
  reasons?: Reason[]
  facts?: Record<string, unknown>
}

/** A card of CDS Hooks 2.0. */
export interface Card {
  uuid: string
  summary: string
  detail?: string
  indicator: 'info' | 'warning' | 'critical'
  source: { label: string; url?: string }
  suggestions?: { label: string; uuid: string; actions?: { type: string; resourceId?: string | string[] }[] }[]
  links?: { label: string; url: string; type: 'absolute' | 'smart' }[]
  overrideReasons?: Coding[]
  extension?: Record<string, CardExtension>
}

/** An examination that is about to be ordered. */
export interface DraftOrder {
  id: string
  codings: Coding[]
  text: string
  reason: string
}

export interface Moment {
  patient: string
  encounter: string | null
  user: string
  orders: DraftOrder[]
  /** The orders that were just chosen. */
  chosen: string[]
}

const EXTENSION = 'urn:jingluo:card'
/** Whoever orders does not wait longer than this for a hint. */
const WAIT_MS = 4000

/** Asks as an order system does. A record that does not answer in time answers nothing: ordering goes on. */
export async function cardsAt(hook: Hook, moment: Moment, signal?: AbortSignal): Promise<Card[]> {
  const limit = AbortSignal.timeout(WAIT_MS)
  try {
    const body = request(hook, moment)
    const both = signal ? AbortSignal.any([signal, limit]) : limit
    const path = `/cds-services/jingluo-${hook}`
    return named((await requestJson<{ cards: Card[] }>(path, { method: 'POST', body, signal: both })).cards)
  } catch (error) {
    if (limit.aborted && !signal?.aborted) throw new ApiError(503, 'timeout', [])
    throw error
  }
}

/** What has no uuid is not answered; here it has a name all the same, by what it says. */
function named(cards: Card[]): Card[] {
  return cards.map((card) =>
    card.uuid ? card : { ...card, uuid: `remark-${extensionOf(card)?.code ?? card.summary}` },
  )
}

/** The request of a hook; the prefetch is left out, for the server reads the record itself. */
export function request(hook: Hook, moment: Moment): Record<string, unknown> {
  const context: Record<string, unknown> = { userId: moment.user, patientId: moment.patient }
  if (moment.encounter) context.encounterId = moment.encounter
  if (hook !== 'patient-view') {
    context.draftOrders = {
      resourceType: 'Bundle',
      type: 'collection',
      entry: moment.orders.map((order) => ({ resource: draft(order, moment) })),
    }
  }
  if (hook === 'order-select') context.selections = moment.chosen.map((id) => `ServiceRequest/${id}`)
  return { hook, hookInstance: crypto.randomUUID?.() ?? fallbackUuid(), context }
}

function draft(order: DraftOrder, moment: Moment): Record<string, unknown> {
  return {
    resourceType: 'ServiceRequest',
    id: order.id,
    status: 'draft',
    intent: 'order',
    code: { coding: order.codings, text: order.text },
    subject: { reference: `Patient/${moment.patient}` },
    ...(moment.encounter ? { encounter: { reference: `Encounter/${moment.encounter}` } } : {}),
    ...(order.reason ? { reasonCode: [{ text: order.reason }] } : {}),
  }
}

export function extensionOf(card: Card): CardExtension | null {
  return card.extension?.[EXTENSION] ?? null
}

export function isOffer(card: Card): boolean {
  const kind = extensionOf(card)?.kind
  return kind === undefined ? (card.overrideReasons?.length ?? 0) > 0 : kind === 'offer'
}

/** The id of the draft that a card is about, with or without its type before it. */
export function orderOf(card: Card): string | null {
  const named = extensionOf(card)?.order ?? actedOn(card)
  return named?.replace(/^[A-Za-z]+\//, '') ?? null
}

function actedOn(card: Card): string | undefined {
  for (const suggestion of card.suggestions ?? []) {
    for (const action of suggestion.actions ?? []) {
      const id = Array.isArray(action.resourceId) ? action.resourceId[0] : action.resourceId
      if (id) return id
    }
  }
  return undefined
}

/** The reasons in words: the platform's own in both languages, otherwise those of the standard. */
export function reasonsOf(card: Card): Reason[] {
  const own = extensionOf(card)?.reasons
  if (own) return own
  return (card.overrideReasons ?? []).map((coding) => {
    const name = coding.display ?? coding.code
    return { code: coding.code, zh: name, en: name }
  })
}

/** Where a card's viewer is, as a path of this console; null where it has none. */
export function viewOf(card: Card): string | null {
  for (const link of card.links ?? []) {
    const at = /\/view\/[A-Za-z0-9._~-]+/.exec(link.url)
    if (at) return at[0]
  }
  return null
}

/** Browsers hand out uuids only over TLS or to this very machine. */
function fallbackUuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
