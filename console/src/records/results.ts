import type { JsonObject, Resource } from '@/api/fhir'
import { showDate } from '@/format/dates'
import { judge, numberOf, rangeOf, type Judgement, type Range } from '@/format/labs'
import { choiceText, conceptText, conceptToken, list, object, objects, rangeText, text } from '@/format/values'

/** One line of a table of results: an Observation, or one of its components. */
export interface Result {
  observation: Resource
  /** `system|code` of the Observation. */
  code: string
  /** Of the component, empty for the Observation itself. */
  component: string
  label: string
  value: string
  unit: string
  number: number | null
  range: string
  band: Range | null
  judgement: Judgement | null
  /** As sent: FHIR date or instant. */
  at: string
  indent: boolean
}

export function resultDate(observation: Resource): string {
  const period = object(observation.effectivePeriod)
  return (
    text(observation.effectiveDateTime) ||
    text(observation.effectiveInstant) ||
    text(period?.start) ||
    text(observation.issued)
  )
}

/** The lines of one Observation. */
export function resultsOf(observation: Resource): Result[] {
  const parts = objects(observation.component)
  const whole = lineOf(observation, observation, '')
  const lines = parts.map((part) => lineOf(observation, part, conceptToken(part.code)))
  if (lines.length === 0) return [whole]
  return [whole, ...lines.map((line) => ({ ...line, indent: true }))]
}

function lineOf(observation: Resource, part: JsonObject, component: string): Result {
  const quantity = object(part.valueQuantity)
  const range = object(list(part.referenceRange)[0])
  return {
    observation,
    code: conceptToken(observation.code),
    component,
    label: conceptText(part.code),
    value: quantity ? `${text(quantity.comparator)}${text(quantity.value)}` : valueText(part),
    unit: quantity ? text(quantity.unit) || text(quantity.code) : '',
    number: quantity && !text(quantity.comparator) ? numberOf(quantity.value) : null,
    range: rangeText(range ?? undefined),
    band: rangeOf(part),
    judgement: judge(part),
    at: resultDate(observation),
    indent: false,
  }
}

function valueText(part: JsonObject): string {
  return choiceText(part, 'value') || conceptText(part.dataAbsentReason)
}

/** The values of one item over time, oldest first, in the unit that most of them have. */
export interface Series {
  unit: string
  points: { at: string; number: number; result: Result }[]
  /** Values left out because they have another unit or are no number. */
  left_out: number
  band: Range | null
}

export function seriesOf(results: Result[]): Series {
  const numbers = results.filter((result) => result.number !== null && result.at)
  const counts = new Map<string, number>()
  for (const result of numbers) counts.set(result.unit, (counts.get(result.unit) ?? 0) + 1)
  const unit = [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? ''
  const points = numbers
    .filter((result) => result.unit === unit)
    .map((result) => ({ at: result.at, number: result.number!, result }))
    .sort((a, b) => (showDate(a.at) < showDate(b.at) ? -1 : 1))
  const newest = points.findLast((point) => point.result.band)
  return { unit, points, left_out: results.length - points.length, band: newest?.result.band ?? null }
}
