import type { Resource } from '@/api/fhir'
import type { Words } from '@/i18n'
import { first, list, localReference, object, objects, referenceOf, text } from '@/format/values'

const CARD = 'urn:jingluo:card'

/** What became of a card. */
export type Became = 'accepted' | 'overridden' | 'dismissed'

/** A card as the record keeps it: a `DetectedIssue`, which is the chart's own entry once it is decided. */
export interface Entry {
  id: string
  /** The use case, such as `recognition`. */
  useCase: string
  offer: boolean
  /** What it rested on changed after somebody relied on it. */
  amended: boolean
  became: Became | null
  /** Reason and explanation of a card that was passed over. */
  reason: Words
  explanation: string
  summary: Words
  detail: Words
  /** What it is about, such as the examination. */
  subject: Words
  shownAt: string
  decidedAt: string
  user: string
  /** What the card rests on, such as the report. */
  implicated: { type: string; id: string; name: string }[]
  facts: Record<string, string>
  /** What was written after the decision, the newest last: a code, and the sentence in Chinese. */
  remarks: { code: string; text: string }[]
}

/** Null for an issue that is no card of this platform. */
export function entryOf(resource: Resource): Entry | null {
  if (resource.resourceType !== 'DetectedIssue') return null
  const coding = objects(object(resource.code)?.coding).find((one) => text(one.system) === CARD)
  if (!coding) return null
  const steps = objects(resource.mitigation)
  const outcome = steps.findLast((step) => outcomeIn(step) !== null) ?? null
  const facts = namedIn(resource, `${CARD}:facts`)
  const english = namedIn(resource, `${CARD}:english`)
  const after = outcome ? steps.slice(steps.indexOf(outcome) + 1) : []
  return {
    id: resource.id,
    useCase: text(coding.code),
    offer: text(extensionNamed(resource, `${CARD}:kind`)) !== 'information',
    amended: text(resource.status) === 'amended',
    became: outcome && outcomeIn(outcome),
    reason: outcome ? reasonIn(outcome) : { zh: '', en: '' },
    explanation: text(object(outcome?.action)?.text),
    summary: { zh: text(object(resource.code)?.text), en: english.summary ?? '' },
    detail: { zh: text(resource.detail), en: english.detail ?? '' },
    subject: { zh: facts.item_zh ?? '', en: facts.item_en ?? '' },
    shownAt: text(resource.identifiedDateTime),
    decidedAt: text(outcome?.date),
    user: userOf(resource),
    implicated: implicatedIn(resource),
    facts,
    remarks: after.map(remarkIn).filter((remark) => remark.text !== ''),
  }
}

/** Whether it belongs into a chart: a card that was only shown does not. */
export function isCharted(resource: Resource): boolean {
  const entry = entryOf(resource)
  return entry === null || entry.became === 'accepted' || entry.became === 'overridden'
}

function outcomeIn(step: Record<string, unknown>): Became | null {
  const codings = objects(object(step.action as never)?.coding)
  const code = text(codings.find((one) => text(one.system) === `${CARD}:outcome`)?.code)
  return code === 'accepted' || code === 'overridden' || code === 'dismissed' ? code : null
}

/** The English name stands among the facts of the decision; whoever recorded it before knew only the Chinese one. */
function reasonIn(step: Record<string, unknown>): Words {
  const codings = objects(object(step.action as never)?.coding)
  const reason = codings.find((one) => text(one.system) !== `${CARD}:outcome`)
  return { zh: text(reason?.display) || text(reason?.code), en: namedIn(step, `${CARD}:facts`).reason_en ?? '' }
}

function remarkIn(step: Record<string, unknown>): Entry['remarks'][number] {
  const action = object(step.action as never)
  const coding = first(objects(action?.coding))
  return { code: text(coding?.code), text: text(action?.text) || text(coding?.display) }
}

function userOf(resource: Resource): string {
  return text(object(resource.author)?.display) || text(extensionNamed(resource, `${CARD}:user`))
}

function implicatedIn(resource: Resource): Entry['implicated'] {
  return list(resource.implicated).flatMap((value) => {
    const target = localReference(referenceOf(value))
    return target ? [{ type: target.type, id: target.id, name: text(object(value)?.display) }] : []
  })
}

/** The texts below an extension, by their names. */
function namedIn(resource: Record<string, unknown>, url: string): Record<string, string> {
  const whole = objects(resource.extension as never).find((one) => text(one.url) === url)
  const pairs = objects(whole?.extension).map((one) => [text(one.url), valueOf(one)] as const)
  return Object.fromEntries(pairs.filter(([, value]) => value !== ''))
}

function extensionNamed(resource: Resource, url: string): string {
  return valueOf(first(objects(resource.extension).filter((one) => text(one.url) === url)) ?? {})
}

function valueOf(extension: Record<string, unknown>): string {
  const member = Object.keys(extension).find((name) => name.startsWith('value'))
  const value = member ? (extension[member] as never) : undefined
  const whole = object(value)
  return whole ? text(whole.display) || text(whole.reference) : text(value)
}
