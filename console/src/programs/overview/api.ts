import { ask } from '@/api/programs'
import type { Words } from '@/i18n'
import { cityMap } from '@/programs/directory/api'
import type { Shape } from '@/programs/directory/map/drawing'

/** What a number opens: a finer count, a list of a program, or the resources themselves. */
export interface Opens {
  breakdown?: Record<string, string> | null
  /** A path of this console. */
  list?: string | null
  /** `/browse/Type?…`, only for roles that see persons. */
  browse?: string | null
}

export interface Figure {
  key: string
  title: Words
  /** Null where it is hidden, or where the role may not see it. */
  value: number | null
  hidden: boolean
  /** What is usual on this weekday up to this time of day; a mean, so with decimals. */
  compare?: { kind: string; value: number | null; share_of_day?: number | null } | null
  opens?: Opens | null
}

export interface Area {
  code: string
  name: string
  kind: string
}

export interface AreaRow {
  code: string
  name: string
  population: number | null
  registrations: number | null
  visits: number | null
  visits_usual: number | null
  reports: number | null
  in_bed: number | null
  beds: number | null
}

export interface TrendDay {
  day: string
  visits: number | null
  reports: number | null
  cards: number | null
}

/** How far the tallies have followed the feed. */
export interface Counting {
  position: number
  counted: number
  behind: number
}

export interface City {
  as_of: string
  day: string
  area: Area
  counting: Counting
  figures: Figure[]
  by_area: AreaRow[]
  hours: (number | null)[]
  usual_hours: (number | null)[]
  trend: TrendDay[]
}

export interface BreakdownRow {
  key: string
  name: string
  value: number | null
  usual: number | null
  hidden: boolean
  opens?: Opens | null
}

export interface Breakdown {
  rows: BreakdownRow[]
}

export interface QualityRow {
  id: string
  name: string
  messages: number | null
  hidden: boolean
  expected: number | null
  late_share: number | null
  delay_median_minutes: number | null
  unknown_codes_share: number | null
  last_message_at: string | null
  opens?: Opens | null
}

export interface QualityDay {
  day: string
  rows: QualityRow[]
}

export function city(day: string, area: string, signal?: AbortSignal): Promise<City> {
  return ask('overview', 'city', { day, area }, signal)
}

export function breakdown(params: Record<string, string>, signal?: AbortSignal): Promise<Breakdown> {
  return ask('overview', 'breakdown', params, signal)
}

export function quality(day: string, area: string, signal?: AbortSignal): Promise<QualityDay> {
  return ask('overview', 'quality', { day, area }, signal)
}

const drawings = new Map<string, Promise<Shape[]>>()

/** The shapes of a level; asked once, for they hardly ever change. An empty drawing is asked for again. */
export function shapes(level: 'district' | 'street'): Promise<Shape[]> {
  const known = drawings.get(level)
  if (known) return known
  const asked = cityMap(level).then(
    (map) => {
      if (map.features.features.length === 0) drawings.delete(level)
      return map.features.features
    },
    (error: unknown) => {
      drawings.delete(level)
      throw error
    },
  )
  drawings.set(level, asked)
  return asked
}
