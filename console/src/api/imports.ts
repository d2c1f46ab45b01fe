import { csrfHeader, requestJson, withQuery } from './http'
import { ApiError, errorFrom } from './outcome'

export interface Refusal {
  file: string
  line: number | null
  reason: string
}

export interface Import {
  id: string
  name: string
  state: 'running' | 'done' | 'stopped' | 'failed'
  started: string
  finished: string | null
  bytes: number
  bytes_total: number | null
  read: number
  stored: number
  unchanged: number
  refused: number
  /** Resources a second. */
  rate: number
  seconds_left: number | null
  message: string | null
  /** The first hundred. */
  refusals: Refusal[]
  by_type: { type: string; stored: number }[]
}

export async function listImports(): Promise<Import[]> {
  return (await requestJson<{ imports: Import[] }>('/api/imports')).imports
}

export function getImport(id: string): Promise<Import> {
  return requestJson(`/api/imports/${id}`)
}

/** Stops it; what is stored stays. */
export function stopImport(id: string): Promise<void> {
  return requestJson(`/api/imports/${id}`, { method: 'DELETE' })
}

/** Sends one file as it is; `onProgress` is told the share sent, 0 to 1. */
export function sendFile(file: File, keepBundles: boolean, onProgress: (share: number) => void): Promise<string> {
  const url = withQuery('/api/imports', { name: file.name, bundles: keepBundles ? 'keep' : null })
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest() // `fetch` cannot tell how much has been sent
    request.open('POST', url)
    request.setRequestHeader('Content-Type', 'application/octet-stream')
    for (const [name, value] of Object.entries(csrfHeader())) request.setRequestHeader(name, value)
    request.upload.onprogress = (event) => {
      if (event.lengthComputable && event.total > 0) onProgress(event.loaded / event.total)
    }
    request.onerror = () => reject(new ApiError(0, 'network', []))
    request.onload = () => {
      if (request.status >= 300) return reject(errorFrom(request.status, request.responseText))
      resolve((JSON.parse(request.responseText) as { id: string }).id)
    }
    request.send(file)
  })
}
