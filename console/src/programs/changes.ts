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

/** Whether what has changed, by type, concerns a program. Roles that see only some records are not told the types. */
export function concerns(program: string, changes: Record<string, number>): boolean {
  const types = Object.keys(changes)
  const own = TYPES[program]
  return types.length === 0 || own === undefined || types.some((type) => own.includes(type))
}
