/** How a figure can be divided. */
const DIVISIONS: Record<string, string[]> = {
  institutions: ['kind', 'area', 'institution'],
  visits: ['area', 'institution', 'kind', 'class', 'hour'],
  cards: ['disease', 'area', 'institution'],
}
const COMMON = ['area', 'institution', 'kind']
const STREET_DIGITS = 9

/** How what is shown can be divided anew; what it is already narrowed to is left out. */
export function divisionsOf(params: Record<string, string>): string[] {
  const by = params.by ?? ''
  const free = (DIVISIONS[params.figure ?? ''] ?? COMMON).filter((one) => isFree(one, params))
  return free.includes(by) || by === '' ? free : [...free, by]
}

function isFree(by: string, params: Record<string, string>): boolean {
  if (by in params && by !== 'area') return false
  if (by === 'area' && params.area?.length === STREET_DIGITS) return false
  // An institution stands in one area and is of one kind.
  if ('institution' in params && (by === 'area' || by === 'kind')) return false
  // Visits are counted by hour and by class, not by both.
  return !(by === 'class' && 'hour' in params) && !(by === 'hour' && 'class' in params)
}
