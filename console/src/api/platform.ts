import { requestJson } from './http'

export interface DemoAccount {
  name: string
  password: string
  role: string
  display_zh: string
  display_en: string
}

export interface Platform {
  version: string
  demo: boolean
  demo_accounts?: DemoAccount[]
  fhir_base: string
  zone: string
}

export interface Overview {
  position: number
  /** Empty for a role that sees only some records. */
  types: { type: string; count: number }[]
  /** Null where the role may not see this kind at all. */
  residents: number | null
  registrations: number | null
  institutions: number | null
}

let known: Promise<Platform> | null = null

/** What runs here; asked once. */
export function platform(): Promise<Platform> {
  known ??= requestJson<Platform>('/api/platform').catch((error: unknown) => {
    known = null
    throw error
  })
  return known
}

export function overview(): Promise<Overview> {
  return requestJson('/api/overview')
}
