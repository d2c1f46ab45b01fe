import { onScopeDispose, ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import { isAbort } from '@/api/http'

export interface Loaded<T> {
  value: ShallowRef<T | null>
  error: ShallowRef<unknown>
  loading: Ref<boolean>
  /** Asks again; a request still under way is cancelled. `keep` leaves the old value on the screen meanwhile. */
  reload: (keep?: boolean) => Promise<void>
}

/** What a screen asks the server for, with its three states. */
export function useLoad<T>(ask: (signal: AbortSignal) => Promise<T>): Loaded<T> {
  const value = shallowRef<T | null>(null)
  const error = shallowRef<unknown>(null)
  const loading = ref(false)
  let running: AbortController | null = null

  async function reload(keep = false) {
    running?.abort()
    const mine = new AbortController()
    running = mine
    loading.value = true
    error.value = null
    if (!keep) value.value = null
    try {
      const answer = await ask(mine.signal)
      if (running === mine) value.value = answer
    } catch (caught) {
      if (running === mine && !isAbort(caught)) error.value = caught
    } finally {
      if (running === mine) loading.value = false
    }
  }

  onScopeDispose(() => running?.abort())
  return { value, error, loading, reload }
}
