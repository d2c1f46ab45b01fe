import type { DemoAccount } from '@/api/platform'
import { hasScreen, listPage, type Reference } from '@/api/programs'
import { searchPage, searchPath, type Resource } from '@/api/fhir'
import { resident, residentPath, type ResidentRow } from '@/api/residents'
import type { Role, Session } from '@/api/session'
import { localReference, referenceOf } from '@/format/values'

export const STEPS = ['overview', 'hospital', 'resident', 'result', 'raw', 'recognition', 'import'] as const
/** Doctors order there; an officer sees what became of it. */
const WORKSTATION = '/recognition/workstation'
const STATISTICS = '/recognition/statistics'
export type Step = (typeof STEPS)[number]

interface Place {
  /** Who has this step, in the order in which their demo account is proposed. */
  roles: Role[]
  /** Whether a screen is the step's own. */
  here: (path: string) => boolean
  /** What the coach points at; the first that is there. */
  targets: string[]
}

export const PLACES: Record<Step, Place> = {
  overview: {
    roles: ['officer', 'integration', 'clinician'],
    here: (path) => path === '/overview' || path === '/',
    targets: ['[data-tour=figures]', 'main .counts'],
  },
  hospital: {
    roles: ['officer', 'integration', 'clinician'],
    here: (path) => path.startsWith('/directory/institution/') || path.startsWith('/r/Organization/'),
    targets: ['main h1'],
  },
  resident: {
    roles: ['clinician', 'integration', 'resident'],
    here: (path) => /^\/residents\/(person|patient)\//.test(path),
    targets: ['main [role=radiogroup]', 'main h1'],
  },
  result: {
    roles: ['clinician', 'integration', 'resident'],
    here: (path) => /^\/residents\/(person|patient)\//.test(path),
    targets: ['main table.results'],
  },
  raw: {
    roles: ['clinician', 'integration', 'resident'],
    here: (path) => path.startsWith('/r/Observation/'),
    targets: ['main [role=tablist]'],
  },
  recognition: {
    roles: ['clinician', 'integration', 'officer'],
    here: (path) => path === WORKSTATION || path === STATISTICS,
    // With a patient chosen, where to order; else whom to choose; an officer's figures.
    targets: ['main .desk [data-search]', 'main [data-patient]', 'main [data-figure]'],
  },
  import: {
    roles: ['integration'],
    here: (path) => path === '/imports',
    targets: ['main .zone', 'main h1'],
  },
}

export function mayDo(step: Step, role: Role): boolean {
  return PLACES[step].roles.includes(role)
}

/** The demo account for a step that a role has not; null where there is none. */
export function accountFor(step: Step, accounts: DemoAccount[]): DemoAccount | null {
  for (const role of PLACES[step].roles) {
    const found = accounts.find((account) => account.role === role)
    if (found) return found
  }
  return null
}

/** Where a step is shown; null while there is nothing to show yet. */
export async function pathOf(step: Step, session: Session): Promise<string | null> {
  switch (step) {
    case 'overview':
      return session.role === 'officer' || !hasScreen('/overview') ? '/' : '/overview'
    case 'hospital':
      return hospitalPath(session)
    case 'resident':
    case 'result':
      return (await someone(session))?.path ?? null
    case 'raw': {
      const found = await someone(session)
      return found ? `/r/Observation/${found.observation}?tab=json` : null
    }
    case 'recognition':
      return [WORKSTATION, STATISTICS].find(hasScreen) ?? null
    case 'import':
      return '/imports'
  }
}

async function hospitalPath(session: Session): Promise<string | null> {
  if (!hasScreen('/directory')) {
    const page = await searchPage(searchPath('Organization', [['_count', '1']]))
    return page.rows[0] ? `/r/Organization/${page.rows[0].id}` : null
  }
  if (session.role === 'clinician' && session.scope) return `/directory/institution/${session.scope}`
  const page = await listPage('directory', 'institutions', { q: '医院', count: 1 })
  const name = page.rows[0]?.name as Reference | undefined
  return name ? `/directory/institution/${name.id}` : null
}

interface Someone {
  path: string
  /** A result of theirs. */
  observation: string
}

/** Whom the tour shows, by account: the later steps stay with the same person while new data come in. */
const chosen = new Map<string, Someone>()
const RESULTS = '30'
const LOOKED_AT_MAX = 6

async function someone(session: Session): Promise<Someone | null> {
  const known = chosen.get(session.name)
  if (known) return known
  const found = session.role === 'resident' ? await oneself(session) : await somebodyWithResults()
  if (found) chosen.set(session.name, found)
  return found
}

async function oneself(session: Session): Promise<Someone | null> {
  const newest = (await results([['resident', session.scope ?? '']]))[0]
  return newest ? { path: `/residents/person/${session.scope ?? ''}`, observation: newest.id } : null
}

/** Of some who have results, the one whom most institutions know. */
async function somebodyWithResults(): Promise<Someone | null> {
  const byPatient = new Map<string, string>()
  for (const observation of await results([])) {
    const patient = localReference(referenceOf(observation.subject))
    if (patient?.type === 'Patient' && !byPatient.has(patient.id)) byPatient.set(patient.id, observation.id)
  }
  const some = [...byPatient].slice(0, LOOKED_AT_MAX)
  const rows = await Promise.all(some.map(([patient]) => resident('patient', patient)))
  const candidates = rows.map((row, at) => ({ row, observation: some[at]![1] }))
  const best = candidates.toSorted((a, b) => joined(b.row) - joined(a.row))[0]
  return best ? { path: residentPath(best.row), observation: best.observation } : null
}

async function results(whose: [string, string][]): Promise<Resource[]> {
  const path = searchPath('Observation', [
    ...whose,
    ['category', 'laboratory'],
    ['_sort', '-date'],
    ['_count', RESULTS],
    ['_elements', 'subject'],
  ])
  return (await searchPage(path)).rows
}

function joined(row: ResidentRow): number {
  return row.person ? row.registrations.length : 0
}
