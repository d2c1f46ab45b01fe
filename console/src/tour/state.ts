import { ref, watch } from 'vue'
import { role } from '@/api/session'
import { STEPS, mayDo } from './steps'

const KEPT = 'jingluo.tour'

interface Kept {
  /** The step that is shown, or that was shown last. */
  at: number
  open: boolean
  /** It has been begun once in this browser; it does not begin by itself again. */
  seen: boolean
  /** Somebody went through to the end. */
  finished: boolean
}

function keptState(): Kept {
  const fresh = { at: 0, open: false, seen: false, finished: false }
  try {
    const kept = { ...fresh, ...(JSON.parse(localStorage.getItem(KEPT) ?? '{}') as Partial<Kept>) }
    return { ...kept, at: Math.min(STEPS.length - 1, Math.max(0, Math.trunc(Number(kept.at)) || 0)) }
  } catch {
    return fresh
  }
}

/** Where this browser is in the guided visit. */
export const tour = ref<Kept>(keptState())

watch(tour, (now) => localStorage.setItem(KEPT, JSON.stringify(now)), { deep: true })

/** Begun by a click: the keyboard then goes to the coach. Begun by itself, it takes nothing away. */
export const asked = ref(false)

/** Begins with the first step that the role has. */
export function startTour(byItself = false) {
  asked.value = !byItself
  const mine = role.value
  const first = mine ? STEPS.findIndex((step) => mayDo(step, mine)) : 0
  tour.value = { ...tour.value, at: Math.max(0, first), open: true, seen: true, finished: false }
}

export function resumeTour() {
  asked.value = true
  tour.value = { ...tour.value, open: true, seen: true }
}

export function leaveTour() {
  tour.value = { ...tour.value, open: false }
}

export function finishTour() {
  tour.value = { ...tour.value, at: 0, open: false, finished: true }
}
