import { computed, ref, shallowRef, watch, type Ref } from 'vue'
import { mayUse } from '@/api/programs'
import { t } from '@/i18n'
import type { Shape } from '@/programs/directory/map/drawing'
import { useLoad } from '@/parts/load'
import { city, quality, shapes, type Area, type AreaRow, type City } from './api'
import { useQuietReload } from './quiet'

export interface Step {
  code: string
  name: string
}

/** So many changes behind, the numbers are worth a warning; a few are behind whenever data flow in. */
const BEHIND_MIN = 500

/** What a board shows of a day and an area, kept new as data flow in. */
export function useCity(day: Ref<string>, area: Ref<string>) {
  const all = shallowRef<AreaRow[]>([])
  const answer = useLoad(async (signal) => {
    const found = await city(day.value, area.value, signal)
    // A street has no finer rows; those of its district stay beside it.
    const wider = found.area.kind === 'street' && found.by_area.length === 0
    all.value = wider ? (await city(day.value, found.area.code.slice(0, 6), signal)).by_area : found.by_area
    return found
  })
  const reports = useLoad((signal) => quality(day.value, area.value, signal))
  const drawn = shallowRef<Shape[]>([])
  const counting = ref(false)
  const withQuality = mayUse('overview', 'quality')

  /** What the reader sees without choosing: the city, or the district of a district's officer. */
  const root = shallowRef<Area | null>(null)
  const names = ref(new Map<string, string>())
  /** The map stays on the district while one of its streets is shown. */
  const district = computed(() => {
    const found = answer.value.value?.area
    return found?.kind === 'district' || found?.kind === 'street' ? found.code.slice(0, 6) : ''
  })
  /** From the whole down to what is shown; an empty code is the whole. */
  const steps = computed<Step[]>(() => {
    const found = answer.value.value?.area
    if (!found) return []
    const whole = { code: '', name: root.value?.name ?? t('overview.title') }
    const own = { code: found.code, name: found.name }
    if (area.value === '' || found.code === root.value?.code) return [{ code: '', name: found.name }]
    if (found.kind !== 'street' || district.value === root.value?.code) return [whole, own]
    return [whole, { code: district.value, name: names.value.get(district.value) ?? district.value }, own]
  })

  async function reload(keep = true) {
    await Promise.all([answer.reload(keep), withQuality ? reports.reload(keep) : null])
  }

  watch([day, area], () => void reload(), { immediate: true })
  watch(answer.value, (now) => {
    if (!now) return
    if (area.value === '') root.value = now.area
    const behind = now.counting.behind
    counting.value = counting.value ? behind > 0 : behind >= BEHIND_MIN
    void redraw(now)
  })
  useQuietReload(() => reload())

  async function redraw(now: City) {
    const inside = district.value !== ''
    const [districts, streets] = await Promise.all([
      shapes('district').catch(() => []),
      inside ? shapes('street').catch(() => []) : [],
    ])
    if (answer.value.value !== now) return // another answer draws another map
    for (const shape of [...districts, ...streets]) names.value.set(shape.properties.code, shape.properties.name)
    drawn.value = inside ? streets.filter((one) => one.properties.code.startsWith(district.value)) : districts
  }

  return { answer, reports, drawn, rows: all, counting, district, steps, reload }
}
