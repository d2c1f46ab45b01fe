import { computed } from 'vue'
import { useRoute, useRouter, type LocationQueryValue } from 'vue-router'

/** What the board shows is in the address, so that a link shows the same and the browser's back button works. */
export function usePlace() {
  const route = useRoute()
  const router = useRouter()
  const one = (value: LocationQueryValue | LocationQueryValue[] | undefined) =>
    (Array.isArray(value) ? value[0] : value) ?? ''

  const day = computed(() => one(route.query.day))
  const area = computed(() => one(route.query.area))
  const projector = computed(() => one(route.query.projector) !== '')
  /** What the drawer breaks down; null = it is closed. */
  const opened = computed(() => {
    const text = one(route.query.open)
    return text === '' ? null : Object.fromEntries(new URLSearchParams(text))
  })

  function go(change: Record<string, string>, replace = false) {
    const query = { ...route.query, ...change }
    const kept = Object.fromEntries(Object.entries(query).filter(([, value]) => value !== ''))
    return replace ? router.replace({ query: kept }) : router.push({ query: kept })
  }

  function open(params: Record<string, string>, replace = false) {
    return go({ open: new URLSearchParams(params).toString() }, replace)
  }

  /** To another screen. */
  function leave(path: string) {
    return router.push(path)
  }

  return { day, area, projector, opened, go, open, leave }
}
