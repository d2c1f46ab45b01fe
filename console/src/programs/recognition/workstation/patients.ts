import { searchPage, searchPath, type Resource } from '@/api/fhir'
import { listPage, type Reference, type Tag } from '@/api/programs'
import type { ResidentRow } from '@/api/residents'
import { showDate } from '@/format/dates'
import { conceptText, localReference, nameText, object, referenceOf, text } from '@/format/values'

/** A patient of this hospital who has had something examined lately. */
export interface Recent {
  patient: string
  name: string
  gender: string
  birth_date: string | null
  report: string
  at: string
}

const RECENT_REPORTS = 60
const RECENT_SHOWN = 8

/** Patients of the latest reports, each once, with the latest of theirs. */
export async function recentPatients(signal?: AbortSignal): Promise<Recent[]> {
  const page = await searchPage(
    searchPath('DiagnosticReport', [
      ['_sort', '-date'],
      ['_count', String(RECENT_REPORTS)],
      ['_include', 'DiagnosticReport:subject'],
    ]),
    signal,
  )
  const people = new Map(page.included.map((one) => [one.id, one]))
  const found = new Map<string, Recent>()
  for (const report of page.rows) {
    const id = localReference(referenceOf(report.subject))?.id
    const person = id ? people.get(id) : undefined
    if (id && person && !found.has(id)) found.set(id, recentOf(id, person, report))
  }
  return [...found.values()].slice(0, RECENT_SHOWN)
}

function recentOf(patient: string, person: Resource, report: Resource): Recent {
  return {
    patient,
    name: nameText(person.name),
    gender: text(person.gender),
    birth_date: text(person.birthDate) || null,
    report: conceptText(report.code),
    at: showDate(text(report.effectiveDateTime) || text(report.issued)),
  }
}

/** The registration under which this account orders: the one of its own institution. */
export function registrationOf(row: ResidentRow, scope: string | null): ResidentRow['registrations'][number] | null {
  const own = row.registrations.find((one) => one.institution_id !== null && one.institution_id === scope)
  if (own) return own
  return scope === null ? (row.registrations[0] ?? null) : null
}

/** A visit that an order can belong to. */
export interface Visit {
  id: string
  title: string
  at: string
  open: boolean
}

const VISITS_MAX = 5

export async function visitsOf(patient: string, signal?: AbortSignal): Promise<Visit[]> {
  const path = searchPath('Encounter', [
    ['patient', patient],
    ['_sort', '-date'],
    ['_count', String(VISITS_MAX)],
  ])
  return (await searchPage(path, signal)).rows.map((row) => ({
    id: row.id,
    title: [conceptText(row.class), conceptText(row.serviceType)].filter(Boolean).join(' · '),
    at: showDate(text(object(row.period)?.start)),
    open: text(row.status) !== 'finished',
  }))
}

export interface Doctor {
  /** Id of the PractitionerRole. */
  id: string
  name: string
  department: string
}

interface Post {
  id: string
  practitioner: Reference | null
  post: Tag | null
  department: Reference | null
}

/** The doctors of an institution, department by department; none where the directory may not be asked. */
export async function doctorsOf(institution: string | null, signal?: AbortSignal): Promise<Doctor[]> {
  const page = await listPage('directory', 'posts', { institution, count: 500 }, signal)
  return (page.rows as unknown as Post[])
    .filter((row) => row.post?.code === 'doctor' && row.practitioner)
    .map((row) => ({ id: row.id, name: row.practitioner!.name, department: row.department?.name ?? '' }))
    .toSorted((a, b) => a.department.localeCompare(b.department, 'zh'))
}
