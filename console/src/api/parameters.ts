import { requestJson } from './http'

/** A search parameter of one's own: a SearchParameter of the record that is active. */
export interface Parameter {
  id: string
  url: string
  code: string
  type: string
  base: string[]
  expression: string
  state: 'waiting' | 'building' | 'ready' | 'changing' | 'refused'
  /** How far its index is, while it is built. */
  percent: number | null
  /** Why it cannot be used. */
  reason: string | null
  /** The record says something else than what is in use. */
  changed: boolean
}

/** An index path that is custom or not whole. */
export interface IndexPath {
  type: string
  path: string
  state: 'building' | 'whole' | 'dropping'
  done: number
  total: number
}

export function listParameters(): Promise<{ parameters: Parameter[]; indexes: IndexPath[] }> {
  return requestJson('/api/parameters')
}

export function useParameter(id: string, inUse: boolean): Promise<void> {
  return requestJson(`/api/parameters/${encodeURIComponent(id)}`, { method: 'PUT', body: { in_use: inUse } })
}
