import { computed, onScopeDispose, ref, shallowRef, type Ref } from 'vue'
import { searchPage, searchPath, type Resource } from '@/api/fhir'
import { isAbort } from '@/api/http'
import { KINDS, type Group, type Kind } from './kinds'
import { behind, days, type Stream } from './merge'

/** Whose: every registration of a resident, or one registration. */
export type Whose = { resident: string } | { patient: string }

/** How many rounds of pages one press of "earlier" may take before it shows what it has. */
const ROUNDS_MAX = 8

/** A resident's record from newest to oldest, read a page at a time from one search a resource type. */
export function useTimeline(group: Ref<Group | null>) {
  const streams = shallowRef<Stream[]>([])
  const failed = shallowRef<{ type: string; error: unknown }[]>([])
  const loading = ref(false)
  let running: AbortController | null = null

  const chosen = computed(() => streams.value.filter((s) => !group.value || s.kind.group === group.value))
  const shown = computed(() => days(chosen.value))
  const hasMore = computed(() => chosen.value.some((stream) => stream.next))
  const groups = computed(() => new Set(streams.value.filter((s) => s.rows.length > 0).map((s) => s.kind.group)))
  /** Every result that is loaded, by id; a report finds its results here. */
  const observations = computed(() => {
    const rows = streams.value.find((stream) => stream.kind.type === 'Observation')?.rows ?? []
    return new Map(rows.map((row): [string, Resource] => [row.id, row]))
  })

  async function start(whose: Whose) {
    running?.abort()
    const mine = new AbortController()
    running = mine
    streams.value = []
    failed.value = []
    loading.value = true
    const answers = await Promise.all(KINDS.map((kind) => firstPage(kind, whose, mine.signal)))
    if (running !== mine) return
    streams.value = answers.flatMap((answer) => ('error' in answer ? [] : [answer]))
    failed.value = answers.flatMap((answer) =>
      'error' in answer && !isAbort(answer.error) ? [{ type: answer.kind.type, error: answer.error }] : [],
    )
    loading.value = false
    if (shown.value.length === 0 && hasMore.value) await more()
  }

  /** Loads what is needed until at least one more entry is on the screen. */
  async function more() {
    const mine = running
    if (!mine) return
    loading.value = true
    const count = () => shown.value.reduce((sum, day) => sum + day.entries.length, 0)
    const before = count()
    try {
      for (let round = 0; round < ROUNDS_MAX && hasMore.value && count() === before; round++) {
        const needed = behind(chosen.value)
        const pages = await Promise.all(needed.map((stream) => searchPage(stream.next!, mine.signal)))
        if (running !== mine) return
        streams.value = streams.value.map((stream) => {
          const page = pages[needed.indexOf(stream)]
          return page ? { ...stream, rows: [...stream.rows, ...page.rows], next: page.next } : stream
        })
      }
    } catch (error) {
      if (!isAbort(error)) failed.value = [...failed.value, { type: '', error }]
    } finally {
      if (running === mine) loading.value = false
    }
  }

  onScopeDispose(() => running?.abort())
  return { shown, hasMore, loading, failed, groups, observations, start, more }
}

async function firstPage(
  kind: Kind,
  whose: Whose,
  signal: AbortSignal,
): Promise<Stream | { kind: Kind; error: unknown }> {
  const [name, id] = Object.entries(whose)[0]!
  const path = searchPath(kind.type, [
    [name, id],
    ['_sort', `-${kind.sort}`],
    ['_count', String(kind.count)],
  ])
  try {
    const page = await searchPage(path, signal)
    return { kind, rows: page.rows, next: page.next }
  } catch (error) {
    return { kind, error }
  }
}
