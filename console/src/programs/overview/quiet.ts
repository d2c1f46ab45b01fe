import { onScopeDispose } from 'vue'
import { useLive } from '@/api/live'

const PAUSE_MS = 2000

/**
 * Asks again when something has changed, at most every two seconds, never while an answer is under way and never for a
 * window that nobody sees. What changes in between is asked for at the end of the pause, so the last change is shown.
 */
export function useQuietReload(reload: () => Promise<void>) {
  let asked = performance.now()
  let running = false
  let wanted = false
  let timer = 0

  function want() {
    wanted = true
    if (running || timer !== 0 || document.hidden) return
    timer = window.setTimeout(run, Math.max(0, asked + PAUSE_MS - performance.now()))
  }

  async function run() {
    timer = 0
    running = true
    wanted = false
    try {
      await reload()
    } finally {
      asked = performance.now()
      running = false
      if (wanted) want()
    }
  }

  function seenAgain() {
    if (!document.hidden && wanted) want()
  }

  useLive('feed', want)
  document.addEventListener('visibilitychange', seenAgain)
  onScopeDispose(() => {
    clearTimeout(timer)
    document.removeEventListener('visibilitychange', seenAgain)
  })
}
