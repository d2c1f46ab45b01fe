import type { Resource } from '@/api/fhir'
import { conceptText, objects, object, text } from '@/format/values'
import { resultsOf, seriesOf, type Result, type Series } from '@/records/results'

/** What was measured, with its values of all hospitals. */
export interface Analyte {
  key: string
  label: string
  series: Series
  lines: Result[]
}

/** The measured items of a result, each with its course. One measured once has no course. */
export function analytesOf(observations: Resource[], trend: Resource[]): Analyte[] {
  const shown = observations.flatMap(resultsOf).filter((line) => line.number !== null)
  const all = [...observations, ...trend.filter((one) => !observations.some((known) => known.id === one.id))]
  const found = shown.map((line): Analyte => {
    const lines = all
      .filter((other) => isSame(line.observation, other))
      .flatMap(resultsOf)
      .filter((other) => other.component === line.component)
      .toSorted((a, b) => (a.at < b.at ? 1 : -1))
    return { key: `${line.observation.id}/${line.component}`, label: line.label, lines, series: seriesOf(lines) }
  })
  return found.filter((one) => one.series.points.length > 1)
}

/** Hospitals use codes of their own: one shared coding, or else the same name, makes it the same measurement. */
export function isSame(one: Resource, other: Resource): boolean {
  const tokens = new Set(tokensOf(one))
  if (tokensOf(other).some((token) => tokens.has(token))) return true
  const name = conceptText(one.code)
  return name !== '' && name === conceptText(other.code)
}

function tokensOf(observation: Resource): string[] {
  const codings = objects(object(observation.code)?.coding)
  return codings.filter((one) => text(one.code) !== '').map((one) => `${text(one.system)}|${text(one.code)}`)
}
