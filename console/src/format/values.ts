import type { Json, JsonObject } from '@/api/fhir'
import { t } from '@/i18n'
import { showDate } from './dates'

/** FHIR values as one line of text. Every function takes whatever is there and answers `''` or null for nothing. */

export function object(value: Json | undefined): JsonObject | null {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? value : null
}

export function list(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]
}

/** The members of a list that are objects. */
export function objects(value: Json | undefined): JsonObject[] {
  return list(value).filter((item): item is JsonObject => object(item) !== null)
}

export function first(value: Json | undefined): JsonObject | null {
  return object(list(value)[0])
}

export function text(value: Json | undefined): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : ''
}

/** What a CodeableConcept or a Coding says, in words where it has some. */
export function conceptText(value: Json | undefined): string {
  const concept = first(value)
  if (!concept) return text(value)
  if (text(concept.text)) return text(concept.text)
  const codings = list(concept.coding).map(object)
  const named = codings.find((coding) => text(coding?.display)) ?? codings[0]
  if (named) return text(named.display) || text(named.code)
  return text(concept.display) || text(concept.code)
}

/** `system|code` of the first coding that has both, else its code. */
export function conceptToken(value: Json | undefined): string {
  const codings = list(first(value)?.coding).map(object)
  const coding = codings.find((c) => text(c?.system) && text(c?.code)) ?? codings.find((c) => text(c?.code))
  if (!coding) return ''
  return text(coding.system) ? `${text(coding.system)}|${text(coding.code)}` : text(coding.code)
}

export function conceptCode(value: Json | undefined): string {
  const concept = first(value)
  return text(object(list(concept?.coding)[0])?.code) || text(concept?.code)
}

export function nameText(value: Json | undefined): string {
  const name = first(value)
  if (!name) return text(value)
  if (text(name.text)) return text(name.text)
  const family = text(name.family)
  const given = list(name.given).map(text)
  const han = /\p{Script=Han}/u.test(family + given.join(''))
  return han ? family + given.join('') : [...list(name.prefix).map(text), ...given, family].filter(Boolean).join(' ')
}

export function quantityText(value: Json | undefined): string {
  const quantity = object(value)
  if (!quantity) return ''
  const number = `${text(quantity.comparator)}${text(quantity.value)}`
  return [number, text(quantity.unit) || text(quantity.code)].filter(Boolean).join(' ')
}

export function periodText(value: Json | undefined): string {
  const period = object(value)
  if (!period) return ''
  const start = showDate(text(period.start))
  const end = showDate(text(period.end))
  if (start && !end) return t('period.from', { date: start })
  if (end && !start) return t('period.until', { date: end })
  return start === end ? start : `${start} – ${end}`
}

export function rangeText(value: Json | undefined): string {
  const range = object(value)
  if (!range) return ''
  const low = object(range.low)
  const high = object(range.high)
  if (low && high) return `${text(low.value)} – ${text(high.value)}`
  if (low) return `≥ ${text(low.value)}`
  if (high) return `≤ ${text(high.value)}`
  return text(range.text)
}

export function addressText(value: Json | undefined): string {
  const address = object(value)
  if (!address) return ''
  if (text(address.text)) return text(address.text)
  return [
    ...list(address.line).map(text),
    ...['district', 'city', 'state', 'postalCode', 'country'].map((part) => text(address[part])),
  ]
    .filter(Boolean)
    .join(', ')
}

/** Where a reference points inside this record: `Patient/1`; null for anything else. */
export function localReference(value: string): { type: string; id: string; version?: string } | null {
  const match = /^([A-Z][A-Za-z]+)\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/([A-Za-z0-9\-.]{1,64}))?$/.exec(value)
  if (!match) return null
  return { type: match[1]!, id: match[2]!, ...(match[3] ? { version: match[3] } : {}) }
}

export function referenceOf(value: Json | undefined): string {
  return text(first(value)?.reference)
}

/** The `value[x]` (or any other choice `name[x]`) of an element, as one line. */
export function choiceText(element: JsonObject, name: string): string {
  for (const [member, value] of Object.entries(element)) {
    const kind = member.startsWith(name) ? member.slice(name.length) : ''
    if (/^[A-Z]/.test(kind)) return typedText(kind, value)
  }
  return ''
}

function typedText(kind: string, value: Json): string {
  switch (kind) {
    case 'Quantity':
    case 'Age':
    case 'Duration':
    case 'Money':
      return quantityText(value)
    case 'CodeableConcept':
    case 'Coding':
      return conceptText(value)
    case 'Period':
      return periodText(value)
    case 'Range':
      return rangeText(value)
    case 'Ratio':
      return `${quantityText(object(value)?.numerator)} : ${quantityText(object(value)?.denominator)}`
    case 'Reference':
      return text(object(value)?.display) || referenceOf(value)
    case 'DateTime':
    case 'Date':
    case 'Instant':
      return showDate(text(value))
    case 'Boolean':
      return t(value === true ? 'yes' : 'no')
    case 'SampledData':
      return '∿'
    default:
      return text(value)
  }
}
