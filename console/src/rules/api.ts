import { csrfHeader, requestJson, requestRaw, withQuery } from '@/api/http'
import type { Words } from '@/i18n'

export interface Column {
  key: string
  title: Words
  kind: 'text' | 'code' | 'texts' | 'integer' | 'flag' | 'date'
  codes: string[] | null
  required: boolean
  is_key: boolean
  unit: string | null
}

export interface Table {
  name: string
  title: Words
  about: Words
  rows: number
  /** Proposals that nobody has decided about. */
  waiting: number
  /** Whether the program can decide last month's cases again. */
  dry_run: boolean
  columns: Column[]
}

export type Level = 'nation' | 'city' | 'district' | 'institution'

export interface Scope {
  level: Level
  code: string | null
  /** As a field holds it: `city`, `district:339901`. */
  text: string
  name?: string | null
}

export type Value = string | number | boolean | string[]

export interface Row {
  id: string
  table: string
  version: number
  key: string[]
  scope: Scope
  from: string
  to: string | null
  applies_by: 'event' | 'decision' | 'birth'
  source: string
  sure: 'yes' | 'unsure' | 'local'
  shipped: boolean
  /** It says that nothing holds from its first day on. */
  lifted: boolean
  values: Record<string, Value>
}

export interface By {
  name: string
  at: string
}

export type Decision = 'approved' | 'refused' | 'withdrawn'

/** A version of a rule, or a proposal. */
export interface Entry extends Row {
  state: 'waiting' | 'active' | 'retired' | 'deleted'
  recorded: string
  proposed: By | null
  approved: By | null
  reason: string | null
  proposal: {
    target: string
    base: number
    takes_back: boolean
    mine: boolean
    outcome: { decision: Decision; by: By; reason: string | null } | null
  } | null
}

export interface One extends Entry {
  /** The last version first. */
  history: Entry[]
  /** The other rows of the key. */
  beside: Row[]
  /** Ids of proposals that wait for it. */
  waiting: string[]
}

export interface Waiting extends Entry {
  /** The rule that it would replace, or that stands where it would. */
  before: Row | null
  may_decide: boolean
  may_withdraw: boolean
}

export interface Tables {
  tables: Table[]
  /** Whether the reader may send files, whose lines become proposals. */
  files: boolean
  /** How far the reader's say reaches; null for who neither proposes nor decides. */
  reach: { level: 'city' | 'district' | 'institution'; code: string | null } | null
  today: string
}

export interface Effect {
  row: Row
  takes_back: boolean
  /** The day that before and after are told for. */
  day: string
  is_past: boolean
  before: Row | null
  after: Row | null
  narrower: Row[]
}

export interface Trial {
  table: string
  tried: number
  effects: Effect[]
  from: string
  to: string
  /** What last month's cases would have been; null where the program cannot tell. */
  found: {
    figures: { title: Words; before: number; after: number }[]
    examples: { gained: boolean; text: Words; resource: string | null }[]
    notes: Words[]
  } | null
}

export type Fields = Record<string, string>

/** What somebody wants changed: a row, or taking back the local one of an id. */
export type Wanted = { fields: Fields } | { take_back: string }

export interface Preview {
  new: number
  change: number
  same: number
  errors: number
  lines: {
    line: number
    action: 'new' | 'change' | 'same' | 'error'
    row: Row | null
    errors: { column: string; title: Words; text: Words }[]
  }[]
}

const BASE = '/api/rules'

export function listTables(signal?: AbortSignal): Promise<Tables> {
  return requestJson(BASE, { signal })
}

export function listRows(
  table: string,
  params: Record<string, string | number | null | undefined>,
  signal?: AbortSignal,
): Promise<{ rows: Row[]; total: number }> {
  return requestJson(withQuery(`${BASE}/${encodeURIComponent(table)}`, params), { signal })
}

export function getRow(id: string, signal?: AbortSignal): Promise<One> {
  return requestJson(`${BASE}/row/${encodeURIComponent(id)}`, { signal })
}

export function listProposals(
  params: { table?: string; decided?: string; offset?: number; count?: number },
  signal?: AbortSignal,
): Promise<{ proposals: Waiting[]; total: number }> {
  return requestJson(withQuery(`${BASE}/proposals`, params), { signal })
}

export function propose(table: string, wanted: Wanted, reason: string): Promise<{ id: string }> {
  return requestJson(`${BASE}/${encodeURIComponent(table)}`, { method: 'POST', body: { ...wanted, reason } })
}

export function tryWanted(table: string, wanted: Wanted): Promise<Trial> {
  return requestJson(`${BASE}/trial`, { method: 'POST', body: { table, ...wanted } })
}

export function tryProposals(proposals: string[]): Promise<Trial> {
  return requestJson(`${BASE}/trial`, { method: 'POST', body: { proposals } })
}

export function decide(proposals: string[], decision: Decision, reason: string): Promise<void> {
  return requestJson(`${BASE}/decisions`, { method: 'POST', body: { proposals, decision, reason } })
}

export function fileOf(table: string): string {
  return `${BASE}/${encodeURIComponent(table)}/file`
}

/** Sends a file as it is: its bytes say in which letters it was written. */
export async function sendFile<T>(table: string, file: Blob, params: Record<string, string>): Promise<T> {
  const headers = { 'Content-Type': 'text/csv', ...csrfHeader() }
  const response = await requestRaw(withQuery(fileOf(table), params), { method: 'POST', headers, body: file })
  return (await response.json()) as T
}
