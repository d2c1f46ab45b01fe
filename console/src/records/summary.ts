import type { Resource } from '@/api/fhir'
import { entryOf } from '@/cards/entry'
import { tWords } from '@/i18n'
import { periodText, choiceText, conceptText, first, list, object, text } from '@/format/values'
import { showDate } from '@/format/dates'

/** An entry of the timeline in one line and, where there is more to say, a second. */
export interface Summary {
  title: string
  detail: string
  status: string
}

export function summaryOf(resource: Resource): Summary {
  const detail = details(resource).filter(Boolean).join(' · ')
  return { title: title(resource), detail, status: statusOf(resource) }
}

function title(r: Resource): string {
  switch (r.resourceType) {
    case 'Encounter':
      return conceptText(r.type) || conceptText(r.serviceType) || conceptText(r.class)
    case 'MedicationRequest':
    case 'MedicationStatement':
    case 'MedicationAdministration':
    case 'MedicationDispense':
      return conceptText(r.medicationCodeableConcept) || text(object(r.medicationReference)?.display)
    case 'Immunization':
      return conceptText(r.vaccineCode)
    case 'DocumentReference':
      return text(r.description) || conceptText(r.type)
    case 'Composition':
      return text(r.title) || conceptText(r.type)
    case 'CarePlan':
      return text(r.title) || conceptText(r.category) || text(r.description)
    case 'DetectedIssue':
      return subjectOf(r) || conceptText(r.code)
    case 'ImagingStudy':
      return text(r.description) || conceptText(r.procedureCode) || conceptText(r.modality)
    default:
      return conceptText(r.code)
  }
}

function details(r: Resource): string[] {
  switch (r.resourceType) {
    case 'Encounter':
      return [
        conceptText(r.reasonCode),
        text(object(first(r.participant)?.individual)?.display),
        text(object(first(r.location)?.location)?.display),
      ]
    case 'Condition':
      return [conceptText(r.severity), conceptText(r.bodySite), choiceText(r, 'onset'), note(r)]
    case 'DiagnosticReport':
      return [text(r.conclusion) || conceptText(r.conclusionCode)]
    case 'ImagingStudy':
      return [conceptText(r.modality), text(r.numberOfInstances)]
    case 'MedicationRequest':
    case 'MedicationDispense':
      return [text(first(r.dosageInstruction)?.text), conceptText(r.reasonCode)]
    case 'MedicationStatement':
      return [text(first(r.dosage)?.text), periodText(r.effectivePeriod)]
    case 'MedicationAdministration':
      return [text(object(r.dosage)?.text)]
    case 'Immunization':
      return [text(first(r.protocolApplied)?.doseNumberPositiveInt), text(r.lotNumber), conceptText(r.site)]
    case 'Procedure':
      return [conceptText(r.bodySite), conceptText(r.reasonCode), conceptText(r.outcome)]
    case 'AllergyIntolerance':
      return [list(first(r.reaction)?.manifestation).map(conceptText).join(' '), conceptText(r.criticality)]
    case 'DocumentReference':
      return [text(object(first(r.content)?.attachment)?.title)]
    case 'CarePlan':
      return [text(r.description), periodText(r.period)]
    case 'ServiceRequest':
      return [conceptText(r.reasonCode), choiceText(r, 'occurrence') || showDate(text(r.occurrenceDateTime))]
    default:
      return []
  }
}

/** What an entry of a card is about. */
function subjectOf(r: Resource): string {
  return tWords(entryOf(r)?.subject)
}

function note(r: Resource): string {
  return text(first(r.note)?.text)
}

/** The status worth a word: what is simply done or valid is not. */
function statusOf(r: Resource): string {
  const status = text(r.status) || conceptCodeOf(r)
  return ['final', 'finished', 'completed', 'current', 'active'].includes(status) ? '' : status
}

function conceptCodeOf(r: Resource): string {
  const verification = text(first(first(r.verificationStatus)?.coding)?.code)
  if (verification && verification !== 'confirmed') return verification
  return text(first(first(r.clinicalStatus)?.coding)?.code)
}
