import { requestText } from './http'
import { sentences, type OperationOutcome } from './outcome'

/** Any FHIR value. A number whose text says more than its value (`1.10`) is kept as that text. */
export type Json = string | number | boolean | null | Json[] | { [name: string]: Json }
export type JsonObject = { [name: string]: Json }

export interface Resource extends JsonObject {
  resourceType: string
  id: string
}

export interface SearchPage {
  rows: Resource[]
  included: Resource[]
  total: number | null
  /** Where the next page is, on this server. */
  next: string | null
  warnings: string[]
}

interface BundleEntry {
  resource?: Resource
  search?: { mode?: string }
  request?: { method?: string }
  response?: { lastModified?: string; etag?: string; status?: string }
}

interface Bundle {
  total?: number
  link?: { relation: string; url: string }[]
  entry?: BundleEntry[]
}

export interface Version {
  version: string
  updated: string
  /** `PUT`, `POST` or `DELETE`. */
  method: string
  deleted: boolean
}

const FHIR_JSON = 'application/fhir+json'

/** Reads JSON so that the text of a decimal is not lost. */
export function parseFhir<T>(text: string): T {
  const keepText = (_name: string, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' && context?.source !== undefined && context.source !== String(value)
      ? context.source
      : value
  return JSON.parse(text, keepText as (name: string, value: unknown) => unknown) as T
}

/** The text of a resource, of its newest version or of version `version`. */
export function readText(type: string, id: string, version?: string, signal?: AbortSignal): Promise<string> {
  const path = `/fhir/${type}/${encodeURIComponent(id)}`
  return requestText(version ? `${path}/_history/${version}` : path, { accept: FHIR_JSON, signal })
}

export async function read(type: string, id: string, signal?: AbortSignal): Promise<Resource> {
  return parseFhir(await readText(type, id, undefined, signal))
}

/** One page of a search; `url` is a path such as `/fhir/Patient?name=a`, or the `next` of a page. */
export async function searchPage(url: string, signal?: AbortSignal): Promise<SearchPage> {
  const bundle = parseFhir<Bundle>(await requestText(url, { accept: FHIR_JSON, signal }))
  const entries = bundle.entry ?? []
  const resources = (mode: string) =>
    entries.flatMap((e) => (e.resource && (e.search?.mode ?? 'match') === mode ? [e.resource] : []))
  return {
    rows: resources('match'),
    included: resources('include'),
    total: bundle.total ?? null,
    next: nextPath(bundle),
    warnings: resources('outcome').flatMap((outcome) => sentences(outcome as unknown as OperationOutcome)),
  }
}

/** `/fhir/Type?…` from names and values, in their order; a name may come twice. */
export function searchPath(type: string, params: [string, string][]): string {
  const query = new URLSearchParams(params).toString()
  return query ? `/fhir/${type}?${query}` : `/fhir/${type}`
}

/** Every version of a resource, newest first. */
export async function versions(type: string, id: string, signal?: AbortSignal): Promise<Version[]> {
  const all: Version[] = []
  let url: string | null = `/fhir/${type}/${encodeURIComponent(id)}/_history?_count=100`
  for (let pages = 0; url && pages < 20; pages++) {
    const bundle: Bundle = parseFhir(await requestText(url, { accept: FHIR_JSON, signal }))
    for (const entry of bundle.entry ?? []) all.push(versionOf(entry))
    url = nextPath(bundle)
  }
  return all
}

function versionOf(entry: BundleEntry): Version {
  const meta = entry.resource?.meta as JsonObject | undefined
  const etag = /"([^"]+)"/.exec(entry.response?.etag ?? '')?.[1]
  const method = entry.request?.method ?? (entry.resource ? 'PUT' : 'DELETE')
  return {
    version: String(meta?.versionId ?? etag ?? ''),
    updated: String(meta?.lastUpdated ?? entry.response?.lastModified ?? ''),
    method,
    deleted: method === 'DELETE' || !entry.resource,
  }
}

/** The next link without its host: a proxy may know this server under another name. */
function nextPath(bundle: Bundle): string | null {
  const link = bundle.link?.find((l) => l.relation === 'next')
  if (!link) return null
  const url = new URL(link.url, location.origin)
  return url.pathname + url.search
}
