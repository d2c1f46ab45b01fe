import type { Json, Resource } from '@/api/fhir'
import { showDate } from '@/format/dates'
import {
  addressText,
  choiceText,
  conceptText,
  list,
  localReference,
  nameText,
  object,
  periodText,
  quantityText,
  rangeText,
  referenceOf,
  text,
} from '@/format/values'
import { shapeOf } from './leaves'

/** The columns of a list, by resource type: element names, a choice by its stem (`value` for `value[x]`). */
const COLUMNS: Record<string, string[]> = {
  AllergyIntolerance: ['code', 'patient', 'criticality', 'recordedDate', 'clinicalStatus'],
  Appointment: ['description', 'start', 'end', 'status', 'serviceType'],
  CarePlan: ['title', 'category', 'subject', 'period', 'status'],
  Claim: ['type', 'patient', 'created', 'total', 'status'],
  CodeSystem: ['title', 'name', 'url', 'version', 'status'],
  Composition: ['title', 'type', 'subject', 'date', 'status'],
  ConceptMap: ['title', 'name', 'url', 'version', 'status'],
  Condition: ['code', 'subject', 'onset', 'recordedDate', 'clinicalStatus'],
  Coverage: ['type', 'beneficiary', 'payor', 'period', 'status'],
  Device: ['type', 'deviceName', 'manufacturer', 'patient', 'status'],
  DiagnosticReport: ['code', 'subject', 'effective', 'conclusion', 'status'],
  DocumentReference: ['type', 'description', 'subject', 'date', 'status'],
  Encounter: ['class', 'type', 'subject', 'period', 'status'],
  ImagingStudy: ['description', 'modality', 'subject', 'started', 'status'],
  Immunization: ['vaccineCode', 'patient', 'occurrence', 'lotNumber', 'status'],
  Location: ['name', 'address', 'managingOrganization', 'status'],
  Measure: ['title', 'name', 'url', 'status'],
  Medication: ['code', 'form', 'manufacturer', 'status'],
  MedicationAdministration: ['medication', 'subject', 'effective', 'status'],
  MedicationDispense: ['medication', 'subject', 'whenHandedOver', 'status'],
  MedicationRequest: ['medication', 'subject', 'authoredOn', 'intent', 'status'],
  MedicationStatement: ['medication', 'subject', 'effective', 'status'],
  Observation: ['code', 'value', 'subject', 'effective', 'status'],
  Organization: ['name', 'type', 'identifier', 'telecom', 'partOf'],
  Patient: ['name', 'gender', 'birthDate', 'identifier', 'managingOrganization'],
  Person: ['name', 'gender', 'birthDate', 'identifier'],
  Practitioner: ['name', 'identifier', 'telecom', 'gender'],
  PractitionerRole: ['practitioner', 'organization', 'code', 'specialty'],
  Procedure: ['code', 'subject', 'performed', 'status'],
  Questionnaire: ['title', 'name', 'url', 'status'],
  QuestionnaireResponse: ['questionnaire', 'subject', 'authored', 'status'],
  RelatedPerson: ['name', 'relationship', 'patient', 'telecom'],
  Schedule: ['actor', 'serviceType', 'planningHorizon'],
  ServiceRequest: ['code', 'subject', 'authoredOn', 'intent', 'status'],
  Slot: ['start', 'end', 'schedule', 'status'],
  Specimen: ['type', 'subject', 'receivedTime', 'status'],
  Task: ['code', 'description', 'for', 'authoredOn', 'status'],
  ValueSet: ['title', 'name', 'url', 'version', 'status'],
}

/** Elements that name or place a resource, best first, for the types without columns of their own. */
const IDENTIFYING = [
  'name',
  'title',
  'code',
  'type',
  'description',
  'url',
  'identifier',
  'subject',
  'patient',
  'date',
  'created',
  'status',
]
const COLUMNS_MAX = 5

export function columnsOf(type: string, rows: Resource[]): string[] {
  const own = COLUMNS[type]
  if (own) return own
  return IDENTIFYING.filter((name) => rows.some((row) => cell(row, name).text !== '')).slice(0, COLUMNS_MAX)
}

export interface Cell {
  text: string
  /** Where the cell leads, for a reference into this record. */
  to: string | null
}

export function cell(resource: Resource, name: string): Cell {
  const value = list(resource[name])[0]
  if (value === undefined) return { text: choiceText(resource, name), to: null }
  const target = object(value) ? localReference(referenceOf(value)) : null
  return { text: lineOf(value), to: target ? `/r/${target.type}/${target.id}` : null }
}

/** What a resource is called, where it has something like a name. */
export function headline(resource: Resource): string {
  for (const name of [...(COLUMNS[resource.resourceType] ?? []), ...IDENTIFYING].slice(0, 6)) {
    const found = name === 'status' || name === 'class' ? '' : cell(resource, name).text
    if (found) return found.length > 120 ? `${found.slice(0, 120)}…` : found
  }
  return ''
}

function lineOf(value: Json): string {
  switch (shapeOf(value)) {
    case 'primitive':
      return showDate(text(value))
    case 'reference':
      return text(object(value)?.display) || referenceOf(value)
    case 'concept':
    case 'coding':
      return conceptText(value)
    case 'quantity':
      return quantityText(value)
    case 'period':
      return periodText(value)
    case 'range':
      return rangeText(value)
    case 'name':
      return nameText(value)
    case 'address':
      return addressText(value)
    case 'identifier':
    case 'contact':
      return text(object(value)?.value)
    case 'attachment':
      return text(object(value)?.title)
    default:
      return nameText(value) || conceptText(value)
  }
}
