/** Which changes of the record a program's lists show; of a program not named here, any. */
const TYPES: Record<string, string[]> = {
  directory: [
    'Device',
    'Group',
    'HealthcareService',
    'Location',
    'Organization',
    'OrganizationAffiliation',
    'Practitioner',
    'PractitionerRole',
  ],
}

/**
 * Whether what has changed, by type, concerns a program. Roles that see only some records are not told the types; what
 * they are told is that something changed, which `unknown` answers.
 */
export function concerns(program: string, changes: Record<string, number>, unknown: boolean): boolean {
  const types = Object.keys(changes)
  if (types.length === 0) return unknown
  const own = TYPES[program]
  return own === undefined || types.some((type) => own.includes(type))
}
