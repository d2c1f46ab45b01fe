import { requestJson, withQuery } from './http'
import type { Role } from './session'

export interface Token {
  hash: string
  label: string
  created: string
  expires: string
}

export interface Account {
  number: number
  name: string
  display: string
  role: Role
  scope: string | null
  disabled: boolean
  tokens?: Token[]
}

export interface NewAccount {
  name: string
  display: string
  role: Role
  scope: string | null
  password: string
}

export interface AuditRow {
  at: string
  account: string
  role: string
  purpose: string
  action: string
  type: string | null
  residents: string[]
  outcome: string
}

export interface AuditQuery {
  person?: string
  patient?: string
  from?: string
  to?: string
  count?: number
}

export async function listAccounts(): Promise<Account[]> {
  return (await requestJson<{ accounts: Account[] }>('/api/accounts')).accounts
}

export function createAccount(account: NewAccount): Promise<Account> {
  return requestJson('/api/accounts', { method: 'POST', body: account })
}

export function changeAccount(
  number: number,
  change: Partial<{ display: string; disabled: boolean; password: string; scope: string | null }>,
): Promise<void> {
  return requestJson(`/api/accounts/${number}`, { method: 'PUT', body: change })
}

/** The token is shown once; the server keeps only its hash. */
export async function issueToken(number: number, label: string, days: number): Promise<string> {
  const body = { label, days }
  return (await requestJson<{ token: string }>(`/api/accounts/${number}/tokens`, { method: 'POST', body })).token
}

export function revokeToken(number: number, hash: string): Promise<void> {
  return requestJson(`/api/accounts/${number}/tokens/${hash}`, { method: 'DELETE' })
}

export async function audit(query: AuditQuery): Promise<AuditRow[]> {
  return (await requestJson<{ rows: AuditRow[] }>(withQuery('/api/audit', { ...query }))).rows
}
