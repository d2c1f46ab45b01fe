import type { JsonObject, Resource } from '@/api/fhir'
import { isCharted } from '@/cards/entry'
import { object, text } from '@/format/values'

/** What a timeline is made of: for each resource type its group, the parameter it is sorted by and its date. */
export interface Kind {
  type: string
  group: Group
  /** The standard's search parameter for the date. */
  sort: string
  /** Where that date stands, best first. */
  dates: string[]
  /** Dates that serve where the first is missing. */
  otherwise?: string[]
  /** How many in one page. */
  count: number
  /** Whether it belongs into the timeline; of a kind without it, all do. */
  shows?: (resource: Resource) => boolean
}

export type Group =
  'visits' | 'diagnoses' | 'results' | 'medication' | 'vaccination' | 'procedures' | 'allergies' | 'documents' | 'plans'

export const GROUPS: Group[] = [
  'visits',
  'diagnoses',
  'results',
  'medication',
  'vaccination',
  'procedures',
  'allergies',
  'documents',
  'plans',
]

export const KINDS: Kind[] = [
  { type: 'Encounter', group: 'visits', sort: 'date', dates: ['period'], count: 50 },
  {
    type: 'Condition',
    group: 'diagnoses',
    sort: 'recorded-date',
    dates: ['recordedDate'],
    otherwise: ['onsetDateTime', 'onsetPeriod'],
    count: 50,
  },
  {
    type: 'DiagnosticReport',
    group: 'results',
    sort: 'date',
    dates: ['effectiveDateTime', 'effectivePeriod'],
    otherwise: ['issued'],
    count: 50,
  },
  {
    type: 'Observation',
    group: 'results',
    sort: 'date',
    dates: ['effectiveDateTime', 'effectivePeriod', 'effectiveInstant'],
    otherwise: ['issued'],
    count: 100,
  },
  {
    type: 'DetectedIssue',
    group: 'results',
    sort: 'identified',
    dates: ['identifiedDateTime', 'identifiedPeriod'],
    count: 50,
    shows: isCharted,
  },
  { type: 'ImagingStudy', group: 'results', sort: 'started', dates: ['started'], count: 20 },
  { type: 'MedicationRequest', group: 'medication', sort: 'authoredon', dates: ['authoredOn'], count: 50 },
  {
    type: 'MedicationStatement',
    group: 'medication',
    sort: 'effective',
    dates: ['effectiveDateTime', 'effectivePeriod'],
    otherwise: ['dateAsserted'],
    count: 50,
  },
  {
    type: 'MedicationAdministration',
    group: 'medication',
    sort: 'effective-time',
    dates: ['effectiveDateTime', 'effectivePeriod'],
    count: 50,
  },
  {
    type: 'MedicationDispense',
    group: 'medication',
    sort: 'whenhandedover',
    dates: ['whenHandedOver'],
    otherwise: ['whenPrepared'],
    count: 50,
  },
  { type: 'Immunization', group: 'vaccination', sort: 'date', dates: ['occurrenceDateTime'], count: 50 },
  {
    type: 'Procedure',
    group: 'procedures',
    sort: 'date',
    dates: ['performedDateTime', 'performedPeriod'],
    count: 50,
  },
  {
    type: 'AllergyIntolerance',
    group: 'allergies',
    sort: 'date',
    dates: ['recordedDate'],
    otherwise: ['onsetDateTime', 'lastOccurrence'],
    count: 50,
  },
  {
    type: 'DocumentReference',
    group: 'documents',
    sort: 'date',
    dates: ['date'],
    count: 50,
  },
  { type: 'Composition', group: 'documents', sort: 'date', dates: ['date'], count: 20 },
  { type: 'ServiceRequest', group: 'plans', sort: 'authored', dates: ['authoredOn'], count: 50 },
  { type: 'CarePlan', group: 'plans', sort: 'date', dates: ['period'], otherwise: ['created'], count: 20 },
]

const KIND_OF = new Map(KINDS.map((kind) => [kind.type, kind]))

export function kindOf(type: string): Kind | undefined {
  return KIND_OF.get(type)
}

function dateIn(resource: JsonObject, names: string[]): string {
  for (const name of names) {
    const value = resource[name]
    const period = object(value)
    const date = period ? text(period.start) || text(period.end) : text(value)
    if (date) return date
  }
  return ''
}

/** The date the server sorts by. */
export function sortedDate(kind: Kind, resource: Resource): string {
  return dateIn(resource, kind.dates)
}

/** The date to show. */
export function shownDate(kind: Kind, resource: Resource): string {
  return sortedDate(kind, resource) || dateIn(resource, kind.otherwise ?? [])
}
