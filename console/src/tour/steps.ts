import type { DemoAccount } from '@/api/platform'
import { hasScreen, listPage, type Reference } from '@/api/programs'
import { searchPage, searchPath } from '@/api/fhir'
import { findResidents, residentPath, type ResidentRow } from '@/api/residents'
import type { Role, Session } from '@/api/session'
import { showDate } from '@/format/dates'

export const STEPS = ['overview', 'hospital', 'resident', 'result', 'raw', 'import'] as const
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
    case 'raw':
      return rawPath(session)
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
  /** For a search of what is theirs. */
  whose: [string, string]
}

/** Somebody known to several institutions, where there is one. */
async function someone(session: Session): Promise<Someone | null> {
  if (session.role === 'resident') {
    return { path: `/residents/person/${session.scope ?? ''}`, whose: ['resident', session.scope ?? ''] }
  }
  const { rows } = await findResidents('', null)
  const row = rows.toSorted((a, b) => joined(b) - joined(a))[0]
  if (!row) return null
  const whose: [string, string] = row.person
    ? ['resident', row.person]
    : ['patient', row.registrations[0]?.patient ?? '']
  return { path: residentPath(row), whose }
}

function joined(row: ResidentRow): number {
  return row.person ? row.registrations.length : 0
}

/** The newest result of somebody. */
async function rawPath(session: Session): Promise<string | null> {
  const found = await someone(session)
  if (!found) return null
  const page = await searchPage(searchPath('Observation', [found.whose, ['category', 'laboratory'], ['_count', '20']]))
  const newest = page.rows.toSorted((a, b) => (when(a) < when(b) ? 1 : -1))[0]
  return newest ? `/r/Observation/${newest.id}?tab=json` : null
}

function when(resource: Record<string, unknown>): string {
  return typeof resource.effectiveDateTime === 'string' ? showDate(resource.effectiveDateTime) : ''
}
