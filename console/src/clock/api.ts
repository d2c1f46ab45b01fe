import { requestJson } from '@/api/http'

/** The time of the demonstration city, with its own offset, and how fast it runs. */
export interface CityClock {
  now: string
  /** City seconds in one second. */
  pace: number
  paused: boolean
  /** Where the prepared time ends. */
  until: string | null
}

export const PACES = [1, 60, 600, 3600] as const

export function readClock(signal?: AbortSignal): Promise<CityClock> {
  return requestJson('/api/demo/clock', { signal })
}

export function setClock(change: { pace?: number; paused?: boolean }): Promise<CityClock> {
  return requestJson('/api/demo/clock', { method: 'PUT', body: change })
}
