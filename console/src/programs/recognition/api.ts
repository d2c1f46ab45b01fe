import type { Resource } from '@/api/fhir'
import { parseFhir } from '@/api/fhir'
import { requestJson, requestText } from '@/api/http'
import { ask, type Reference, type Tag } from '@/api/programs'
import type { Reason } from '@/cards/api'
import type { Words } from '@/i18n'

export const RECOGNITION = 'recognition'

type Params = Record<string, string | null | undefined>

/** How long a result of an item may be used for somebody in this state. */
export interface Window {
  state: string
  /** Only for results under a mark of this level; null = all. */
  level?: string | null
  hours: number
  source: string
  sure: 'yes' | 'unsure' | 'local'
  scope: string
  rule: string
}

export interface LocalCode {
  system: string
  code: string
  name: string | null
}

/** An examination that may be recognised, as the rules of a day have it. */
export interface Item {
  item: string
  name: Words
  kind: 'lab' | 'imaging'
  loinc: string[]
  others: string[]
  specimen: string | null
  modality: string | null
  /** Its local price. */
  fen: number | null
  /** Methods from the plainest on, where they matter. */
  method: string | null
  method_rule?: string
  /** Classes of instruments from the plainest on, where they matter. */
  instruments: string[]
  /** The thickest slices of which a result may be used, in micrometres. */
  thickness_max_um: number | null
  /** The items of which a panel is made. */
  parts: string[]
  /** Codes of the caller's own institution that mean it. */
  local: LocalCode[]
  windows: Window[]
  /** Why it is never recognised. */
  negative: Words | null
}

export interface Mark {
  mark: string
  name: Words | string
  level: string
  area: string | null
}

export interface Right {
  /** Null = whoever passed the assessment. */
  institution: Reference | null
  /** Null = for every item. */
  item: string | null
  mark: string
  /** False = this takes a right away that a wider rule gives. */
  granted?: boolean
  source?: string
  from: string
  to: string | null
}

export interface Catalogue {
  on: string
  items: Item[]
  marks: Mark[]
  rights: Right[]
  reasons: (Reason & { national?: boolean })[]
}

/** What was found for an order, and why it is or is not offered. */
export interface Explained {
  order: string
  item: Tag | null
  answer: 'offer' | 'partly' | 'pending' | 'none'
  why: Why[]
}

export interface Why extends Tag {
  report: Reference | null
  institution: string | null
  at: string | null
  detail: Words | null
}

export interface Suggestion {
  item: string
  zh: string
  en: string
  /** 0 to 100. */
  confidence: number
  why: Words | null
}

/** A local code as an institution sends it, and what it means. */
export interface CodeRow {
  institution: Reference
  system: string
  code: string
  name: string
  count: number
  last: string | null
  unit: string | null
  item: Tag | null
  /** How it is known: confirmed here, by the institution's own map, or by a standard code beside it. */
  by?: 'map' | 'sent' | 'standard' | null
  suggestions: Suggestion[]
}

export interface CodePage {
  institutions: { id: string; name: string; unmapped: number; mapped: number; results: number }[]
  rows: CodeRow[]
  next: string | null
  total: number | null
}

export interface CodeMap {
  institution: string
  system: string
  code: string
  name: string
  /** Null takes the map away. */
  item: string | null
}

/** What became of the alerts; each figure leads to its list. Small ones are hidden from who sees no persons: null. */
export interface Figures {
  shown: number | null
  opened: number | null
  accepted: number | null
  overridden: number | null
  unanswered: number | null
  open: number | null
  /** In percent; null where nothing was shown. */
  rate_alerts: number | null
  rate_decisions: number | null
  saved_fen: number | null
  /** Questions at orders; null where the view does not divide them, too. */
  queries: number | null
  per_accepted: number | null
  queries_hidden: boolean
  lists: Partial<Record<'shown' | 'opened' | 'accepted' | 'overridden' | 'unanswered' | 'open' | 'saved', string>>
}

export interface FigureRow extends Figures {
  key: string
  name: Words | string
}

export interface ReasonCount extends Tag {
  count: number | null
  list?: string | null
}

export interface Statistics {
  from: string
  to: string
  /** The city's time, which a demonstration lets run faster. */
  as_of?: string
  by: string
  totals: Figures
  rows: FigureRow[]
  reasons: ReasonCount[]
}

export interface Supervised {
  institution: Reference | null
  shown: number | null
  accepted: number | null
  overridden: number | null
  unanswered?: number | null
  rate_alerts: number | null
  never_recognises: boolean
  never_marks?: boolean
  refused_by_others?: number | null
  reasons: ReasonCount[]
  lists: Figures['lists']
}

export interface Doctor extends Supervised {
  name: string
  department: string | null
}

export interface Supervision {
  from: string
  to: string
  as_of?: string
  hospitals: Supervised[]
  doctors: Doctor[]
  /** Whose results others refuse. */
  refused: { institution: Reference; count: number | null; reasons: ReasonCount[]; list?: string | null }[]
  repeats: { item: Tag; count: number | null; fen: number | null; list?: string | null }[]
}

export interface Outcome {
  card: string
  status: string
}

/** What the viewer shows of a card: resources as they are in the record. */
export interface Shown {
  expires: string | null
  card: {
    id: string
    kind: string
    status: string
    summary: Words | string
    detail: Words | string
    at: string | null
    facts?: Record<string, unknown>
  }
  patient: { name: string; gender: string | null; birth_date: string | null }
  /** Name of the institution of each registration. */
  institutions: Record<string, string>
  report: Resource | null
  observations: Resource[]
  /** Results of the same items at all institutions, newest first. */
  trend: Resource[]
  images: { url: string; caption: string }[]
  documents: { url: string; title: string; type: string | null }[]
  endpoints: { name: string; address: string; type: string | null }[]
}

export function catalogue(params: Params, signal?: AbortSignal): Promise<Catalogue> {
  return ask(RECOGNITION, 'items', params, signal)
}

function send<T>(operation: string, body: unknown, signal?: AbortSignal): Promise<T> {
  return requestJson(`/api/programs/${RECOGNITION}/${operation}`, { method: 'POST', body, signal })
}

export interface Asked {
  patient: string
  encounter: string | null
  orders: { id: string; system: string; code: string; display: string; reason: string }[]
}

/** Why an order is offered a result or none. */
export async function explain(asked: Asked, signal?: AbortSignal): Promise<Explained[]> {
  return (await send<{ answers: Explained[] }>('check', asked, signal)).answers
}

export interface Decision {
  card: string
  decision: 'recognise' | 'order-anyway' | 'dismiss'
  reason?: string
  explanation?: string
  told_patient?: boolean
  /** Who decides, as the order system names it. */
  user?: string
}

export function decide(decision: Decision): Promise<Outcome> {
  return send('decide', decision)
}

export function codes(params: Params, signal?: AbortSignal): Promise<CodePage> {
  return ask(RECOGNITION, 'codes', params, signal)
}

export function mapCodes(maps: CodeMap[]): Promise<{ mapped: number }> {
  return send('map', { maps })
}

export function statistics(params: Params, signal?: AbortSignal): Promise<Statistics> {
  return ask(RECOGNITION, 'statistics', params, signal)
}

export function supervision(params: Params, signal?: AbortSignal): Promise<Supervision> {
  return ask(RECOGNITION, 'supervision', params, signal)
}

export function readNotices(notices: string[]): Promise<unknown> {
  return send('notices-read', { notices })
}

/** For whoever has the link, without a session. */
export async function viewed(token: string, signal?: AbortSignal): Promise<Shown> {
  return parseFhir(await requestText(`/api/viewer/${encodeURIComponent(token)}`, { signal, quiet: true }))
}

/** The same for a session that may see the card. */
export async function resultOf(card: string, signal?: AbortSignal): Promise<Shown> {
  return parseFhir(await requestText(`/api/cards/${encodeURIComponent(card)}/view`, { signal }))
}
