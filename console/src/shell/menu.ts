import { programs } from '@/api/programs'
import type { Session } from '@/api/session'
import { t, tWords, type Key, type Words } from '@/i18n'

export interface MenuEntry {
  /** A sentence of the console, or words of the server. */
  title: Key | Words
  path: string
  /** Typed after `g`. */
  key?: string
  /** The program it belongs to, named above the first entry of each. */
  group?: Words
}

const HOME: MenuEntry = { title: 'menu.home', path: '/', key: 'h' }
const RESIDENTS: MenuEntry = { title: 'menu.residents', path: '/residents', key: 'r' }
const BROWSE: MenuEntry = { title: 'menu.browse', path: '/browse', key: 'b' }
const IMPORTS: MenuEntry = { title: 'menu.imports', path: '/imports', key: 'i' }
const RULES: MenuEntry = { title: 'menu.rules', path: '/rules' }
const PARAMETERS: MenuEntry = { title: 'menu.parameters', path: '/parameters' }

export function titleOf(entry: MenuEntry): string {
  return typeof entry.title === 'string' ? t(entry.title) : tWords(entry.title)
}

/** What a role finds in the menu. What it may read is decided by the server alone. */
export function menuOf(session: Session): MenuEntry[] {
  switch (session.role) {
    case 'admin':
      return [
        { title: 'menu.accounts', path: '/accounts', key: 'a' },
        PARAMETERS,
        { title: 'menu.audit', path: '/audit', key: 'l' },
      ]
    case 'resident':
      return [
        { title: 'menu.my-record', path: `/residents/person/${session.scope ?? ''}`, key: 'h' },
        { title: 'menu.my-audit', path: `/audit?person=${session.scope ?? ''}`, key: 'l' },
        ...ofPrograms(),
      ]
    case 'integration':
      return [HOME, RESIDENTS, BROWSE, IMPORTS, PARAMETERS, RULES, ...ofPrograms()]
    case 'officer':
      // Counts and lists, no single residents; home is the overview itself.
      return [HOME, BROWSE, RULES, ...ofPrograms().filter((entry) => entry.path !== '/overview')]
    default:
      return [HOME, RESIDENTS, BROWSE, ...ofPrograms()]
  }
}

/** The screens that the server offers this session, program by program, and the lists of those that have any. */
function ofPrograms(): MenuEntry[] {
  return programs.value.flatMap((program) => {
    const screens = program.screens.map((screen): MenuEntry => ({ title: screen.title, path: screen.path }))
    const lists: MenuEntry = { title: 'list.menu', path: `/p/${program.name}` }
    const entries = program.lists.length > 0 ? [...screens, lists] : screens
    // One entry says by itself what it belongs to.
    return entries.length > 1 ? entries.map((entry) => ({ ...entry, group: program.title })) : entries
  })
}

/** Where a session begins. */
export function startOf(session: Session): string {
  return menuOf(session)[0]!.path
}
