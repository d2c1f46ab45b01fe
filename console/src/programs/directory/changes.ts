import { onScopeDispose } from 'vue'
import { useLive } from '@/api/live'

const TYPES = ['Organization', 'Location', 'HealthcareService', 'PractitionerRole', 'OrganizationAffiliation', 'Group']
const PAUSE_MS = 3000

/** Calls `changed` when something of the directory has changed, at most once in a while. */
export function useDirectoryChanges(changed: () => void) {
  let timer = 0
  useLive('feed', ({ changes }) => {
    const types = Object.keys(changes)
    // Roles that see only some records are not told the types.
    if (types.length > 0 && !types.some((type) => TYPES.includes(type))) return
    if (timer !== 0) return
    timer = window.setTimeout(() => {
      timer = 0
      changed()
    }, PAUSE_MS)
  })
  onScopeDispose(() => clearTimeout(timer))
}
