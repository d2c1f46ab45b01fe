import { requestJson, withQuery } from './http'

/** What one institution sent about a person: a `Patient`. */
export interface Registration {
  patient: string
  institution: string | null
  institution_id: string | null
  name: string
  number: string | null
}

/** A resident with the registrations that are theirs, or one registration that stands alone. */
export interface ResidentRow {
  /** The Person's id; null = a registration without a valid identity number. */
  person: string | null
  name: string
  pinyin: string
  gender: string | null
  birth_date: string | null
  /** The identity number with its middle hidden. */
  number: string | null
  registrations: Registration[]
}

export interface ResidentPage {
  rows: ResidentRow[]
  next: string | null
  total: number | null
}

export function findResidents(q: string, page: string | null, signal?: AbortSignal): Promise<ResidentPage> {
  return requestJson(withQuery('/api/residents', { q, count: 20, page }), { signal })
}

/** `kind` says what `id` names: a resident or a registration. */
export function resident(kind: 'person' | 'patient', id: string, signal?: AbortSignal): Promise<ResidentRow> {
  return requestJson(`/api/residents/${kind}/${encodeURIComponent(id)}`, { signal })
}

/** Where a row's own page is. */
export function residentPath(row: ResidentRow): string {
  if (row.person) return `/residents/person/${row.person}`
  return `/residents/patient/${row.registrations[0]?.patient ?? ''}`
}
