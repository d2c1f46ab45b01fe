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
  types: { type: string; count: number }[]
  residents: number
  registrations: number
  institutions: number
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
