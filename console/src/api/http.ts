import { ApiError, errorFrom } from './outcome'

const UNSAFE = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])

let csrf = ''
let onUnauthenticated: () => void = () => {}

/** The header value that every unsafe method carries beside the session cookie. */
export function setCsrf(value: string) {
  csrf = value
}

export function csrfHeader(): Record<string, string> {
  return { 'X-CSRF': csrf }
}

/** Called when the server no longer knows the session. */
export function whenUnauthenticated(handler: () => void) {
  onUnauthenticated = handler
}

/** The language of the console, which need not be the browser's; the server says some things in one language only. */
function languageHeader(): Record<string, string> {
  const lang = typeof document === 'undefined' ? '' : document.documentElement.lang
  return lang ? { 'Accept-Language': lang } : {}
}

export interface Options {
  method?: string
  body?: unknown
  accept?: string
  signal?: AbortSignal
  /** The answer 401 is the caller's business (login). */
  quiet?: boolean
}

/** One request; the text of a success, an `ApiError` otherwise. */
export async function requestText(url: string, options: Options = {}): Promise<string> {
  const method = options.method ?? 'GET'
  const headers: Record<string, string> = {
    Accept: options.accept ?? 'application/json',
    ...languageHeader(),
  }
  if (UNSAFE.has(method)) Object.assign(headers, csrfHeader())
  if (options.body !== undefined) headers['Content-Type'] = 'application/json'
  const body = options.body === undefined ? undefined : JSON.stringify(options.body)
  const response = await requestRaw(url, { method, headers, body, signal: options.signal }, options.quiet)
  return response.text()
}

/** One request with a body and headers of the caller's own; the response of a success, an `ApiError` otherwise. */
export async function requestRaw(url: string, init: RequestInit, quiet = false): Promise<Response> {
  const response = await send(url, { ...init, credentials: 'same-origin' })
  if (response.ok) return response
  const text = await response.text()
  if (response.status === 401 && !quiet) onUnauthenticated()
  throw errorFrom(response.status, text)
}

/** One request whose answer is JSON; `undefined` where the answer is empty. */
export async function requestJson<T>(url: string, options: Options = {}): Promise<T> {
  const text = await requestText(url, options)
  return (text === '' ? undefined : JSON.parse(text)) as T
}

/** `path?a=1&b=2` without the parameters that are empty. */
export function withQuery(path: string, params: Record<string, string | number | null | undefined>): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(params)) {
    if (value !== null && value !== undefined && value !== '') query.append(name, String(value))
  }
  const text = query.toString()
  return text ? `${path}?${text}` : path
}

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError'
}

async function send(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init)
  } catch (error) {
    if (isAbort(error)) throw error
    throw new ApiError(0, 'network', [])
  }
}
