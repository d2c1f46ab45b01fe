import { computed, ref } from 'vue'
import { requestJson, setCsrf } from './http'
import { ApiError } from './outcome'

export type Role = 'integration' | 'admin' | 'officer' | 'clinician' | 'resident'

export interface Session {
  name: string
  display: string
  role: Role
  /** What the role is confined to: a Person for a resident, an Organization for a clinician, a district. */
  scope: string | null
  csrf: string
  expires: string
}

export const session = ref<Session | null>(null)
export const role = computed(() => session.value?.role ?? null)

let asked = false

function keep(value: Session | null) {
  session.value = value
  setCsrf(value?.csrf ?? '')
  asked = true
}

/** The session that the cookie stands for; asks the server once, then remembers. */
export async function currentSession(): Promise<Session | null> {
  if (asked) return session.value
  try {
    keep(await requestJson<Session>('/api/session', { quiet: true }))
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error
    keep(null)
  }
  return session.value
}

export async function logIn(name: string, password: string): Promise<Session> {
  const value = await requestJson<Session>('/api/session', { method: 'POST', body: { name, password }, quiet: true })
  keep(value)
  return value
}

export async function logOut(): Promise<void> {
  try {
    await requestJson('/api/session', { method: 'DELETE', quiet: true })
  } finally {
    keep(null)
  }
}

/** The server no longer knows the session. */
export function forgetSession() {
  keep(null)
}
