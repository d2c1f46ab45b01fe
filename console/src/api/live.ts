import { onScopeDispose, ref } from 'vue'
import type { CityClock } from '@/clock/api'
import type { Import } from './imports'

export interface FeedChange {
  position: number
  changes: Record<string, number>
}

interface Events {
  feed: FeedChange
  import: Import
  /** The clock of a demonstration runs differently from now on. */
  clock: CityClock
}

type Handler<T> = (value: T) => void

const handlers: { [K in keyof Events]: Set<Handler<Events[K]>> } = {
  feed: new Set(),
  import: new Set(),
  clock: new Set(),
}
let source: EventSource | null = null

/** False while no event can come; whoever waits for one asks in turns instead. */
export const liveOpen = ref(false)

/** Calls `handler` for every event of this kind while the calling component lives. */
export function useLive<K extends keyof Events>(kind: K, handler: Handler<Events[K]>) {
  const set = handlers[kind] as Set<Handler<Events[K]>>
  set.add(handler)
  open()
  onScopeDispose(() => {
    set.delete(handler)
    if (Object.values(handlers).every((all) => all.size === 0)) close()
  })
}

/** The browser reconnects by itself and sends the last position; nothing that happened between is lost. */
function open() {
  if (source && source.readyState !== EventSource.CLOSED) return
  source = new EventSource('/api/live')
  source.onopen = () => (liveOpen.value = true)
  source.onerror = () => (liveOpen.value = false)
  for (const kind of ['feed', 'import', 'clock'] as const) {
    source.addEventListener(kind, (event) => {
      const value = JSON.parse((event as MessageEvent<string>).data) as never
      for (const handler of handlers[kind]) handler(value)
    })
  }
}

function close() {
  source?.close()
  source = null
  liveOpen.value = false
}
