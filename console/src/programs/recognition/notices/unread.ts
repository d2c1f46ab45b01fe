import { onScopeDispose, ref, type Ref } from 'vue'
import { useLive } from '@/api/live'
import { listPage } from '@/api/programs'
import { RECOGNITION } from '../api'

const PAUSE_MS = 15_000
const COUNTED_MAX = 50

/** Told to every place that shows how many there are. */
const noted = new EventTarget()

/** Somebody has noted a notice, or there is a new one on the screen. */
export function noticesChanged() {
  noted.dispatchEvent(new Event('change'))
}

/** How many notices nobody has noted yet; asked again when the record changes, at most a few times a minute. */
export function useUnreadNotices(): Ref<number> {
  const unread = ref(0)
  let asked = -Infinity
  let timer = 0

  async function ask() {
    timer = 0
    asked = performance.now()
    try {
      unread.value = (await listPage(RECOGNITION, 'notices', { read: 'false', count: COUNTED_MAX })).rows.length
    } catch {
      // A number in the menu is no place for an error; the screen itself tells it.
    }
  }

  function later() {
    if (timer === 0) timer = window.setTimeout(() => void ask(), Math.max(0, asked + PAUSE_MS - performance.now()))
  }

  function now() {
    clearTimeout(timer)
    void ask()
  }

  void ask()
  useLive('feed', later)
  noted.addEventListener('change', now)
  onScopeDispose(() => {
    clearTimeout(timer)
    noted.removeEventListener('change', now)
  })
  return unread
}
