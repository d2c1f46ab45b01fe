import type { DemoAccount } from '@/api/platform'

export const GROUPS = ['oversee', 'care', 'own', 'run'] as const
export type Group = (typeof GROUPS)[number]

const ROLES: Record<Group, string[]> = {
  oversee: ['officer'],
  care: ['clinician'],
  own: ['resident'],
  run: ['integration', 'admin'],
}

export interface Grouped {
  group: Group
  accounts: DemoAccount[]
  /** The role of all of them, whose explanation is told once; null where they differ. */
  role: string | null
}

/** The demo accounts by what they are for; a role that no group names stands with the last. */
export function grouped(accounts: DemoAccount[]): Grouped[] {
  const named = new Set(Object.values(ROLES).flat())
  return GROUPS.map((group) => ({
    group,
    accounts: [
      ...ROLES[group].flatMap((role) => accounts.filter((account) => account.role === role)),
      ...(group === 'run' ? accounts.filter((account) => !named.has(account.role)) : []),
    ],
  }))
    .filter((one) => one.accounts.length > 0)
    .map((one) => {
      const role = one.accounts[0]!.role
      return { ...one, role: one.accounts.every((account) => account.role === role) ? role : null }
    })
}
