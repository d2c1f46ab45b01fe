import { computed, ref, shallowRef, watch, type Ref } from 'vue'
import { mayUse } from '@/api/programs'
import type { Shape } from '@/programs/directory/map/drawing'
import { useLoad } from '@/parts/load'
import { city, quality, shapes, type AreaRow, type City } from './api'
import { useQuietReload } from './quiet'

/** So many changes behind, the numbers are worth a warning; a few are behind whenever data flow in. */
const BEHIND_MIN = 500

/** What a board shows of a day and an area, kept new as data flow in. */
export function useCity(day: Ref<string>, area: Ref<string>) {
  const answer = useLoad((signal) => city(day.value, area.value, signal))
  const reports = useLoad((signal) => quality(day.value, signal))
  const drawn = shallowRef<Shape[]>([])
  const all = shallowRef<AreaRow[]>([])
  const counting = ref(false)
  const withQuality = mayUse('overview', 'quality')

  /** The map stays on the district while one of its streets is shown. */
  const district = computed(() => {
    const found = answer.value.value?.area
    return found === undefined || found.kind === 'city' ? '' : found.code.slice(0, 6)
  })

  async function reload(keep = true) {
    await Promise.all([answer.reload(keep), withQuality ? reports.reload(keep) : null])
  }

  watch([day, area], () => void reload(), { immediate: true })
  watch(answer.value, (now) => {
    if (!now) return
    // With streets chosen there are no finer rows; those of the district stay beside it.
    if (now.by_area.length > 0 || now.area.kind !== 'street') all.value = now.by_area
    const behind = now.counting.behind
    counting.value = counting.value ? behind > 0 : behind >= BEHIND_MIN
    void redraw(now)
  })
  useQuietReload(() => reload())

  async function redraw(now: City) {
    const level = now.area.kind === 'city' ? 'district' : 'street'
    const found = await shapes(level).catch(() => [])
    drawn.value = level === 'district' ? found : found.filter((one) => one.properties.code.startsWith(district.value))
  }

  return { answer, reports, drawn, rows: all, counting, district, reload }
}
