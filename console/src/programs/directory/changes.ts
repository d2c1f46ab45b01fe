import { onScopeDispose } from 'vue'
import { useLive } from '@/api/live'
import { concerns } from '../changes'
import { DIRECTORY } from './api'

const PAUSE_MS = 3000

/** Calls `changed` when something of the directory has changed, at most once in a while; of an empty screen, when anything has. */
export function useDirectoryChanges(isEmpty: () => boolean, changed: () => void) {
  let timer = 0
  useLive('feed', ({ changes }) => {
    if (timer !== 0 || !concerns(DIRECTORY, changes, isEmpty())) return
    timer = window.setTimeout(() => {
      timer = 0
      changed()
    }, PAUSE_MS)
  })
  onScopeDispose(() => clearTimeout(timer))
}
