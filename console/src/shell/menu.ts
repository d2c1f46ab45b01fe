import type { Key } from '@/i18n'
import type { Session } from '@/api/session'
import { screens } from '@/programs'

export interface MenuEntry {
  title: Key
  path: string
  /** Typed after `g`. */
  key?: string
}

/** What a role finds in the menu. What it may read is decided by the server alone. */
export function menuOf(session: Session): MenuEntry[] {
  const home: MenuEntry = { title: 'menu.home', path: '/', key: 'h' }
  const residents: MenuEntry = { title: 'menu.residents', path: '/residents', key: 'r' }
  const browse: MenuEntry = { title: 'menu.browse', path: '/browse', key: 'b' }
  const imports: MenuEntry = { title: 'menu.imports', path: '/imports', key: 'i' }
  const own = screens
    .filter((screen) => screen.roles.includes(session.role))
    .map((screen): MenuEntry => ({ title: screen.title, path: screen.route.path }))
  switch (session.role) {
    case 'admin':
      return [
        { title: 'menu.accounts', path: '/accounts', key: 'a' },
        { title: 'menu.audit', path: '/audit', key: 'l' },
      ]
    case 'resident':
      return [
        { title: 'menu.my-record', path: `/residents/person/${session.scope ?? ''}`, key: 'h' },
        { title: 'menu.my-audit', path: `/audit?person=${session.scope ?? ''}`, key: 'l' },
        ...own,
      ]
    case 'integration':
      return [home, residents, browse, imports, ...own]
    case 'officer':
      return [home, browse, ...own] // counts and lists, no single residents
    default:
      return [home, residents, browse, ...own]
  }
}

/** Where a session begins. */
export function startOf(session: Session): string {
  return menuOf(session)[0]!.path
}
