import { requestJson } from './http'

export interface TypeName {
  name: string
  /** Its resources are about one person. */
  person: boolean
}

export interface Param {
  name: string
  kind: string
  supported: boolean
  targets: string[]
  modifiers: string[]
}

let typesKnown: Promise<TypeName[]> | null = null
const paramsKnown = new Map<string, Promise<Param[]>>()

/** The 146 resource types; asked once. */
export function types(): Promise<TypeName[]> {
  typesKnown ??= requestJson<{ types: TypeName[] }>('/api/definitions')
    .then((answer) => answer.types)
    .catch((error: unknown) => {
      typesKnown = null
      throw error
    })
  return typesKnown
}

/** The search parameters of a type; asked once a type. */
export function params(type: string): Promise<Param[]> {
  const known = paramsKnown.get(type)
  if (known) return known
  const asked = requestJson<{ params: Param[] }>(`/api/definitions/${type}`)
    .then((answer) => answer.params)
    .catch((error: unknown) => {
      paramsKnown.delete(type)
      throw error
    })
  paramsKnown.set(type, asked)
  return asked
}
