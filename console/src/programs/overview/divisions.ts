/** How a figure can be divided further; what is already narrowed to is left out. */
const DIVISIONS: Record<string, string[]> = {
  residents: ['area', 'institution'],
  institutions: ['kind', 'area'],
  visits: ['institution', 'area', 'hour'],
  reports: ['institution', 'area'],
  cards: ['disease', 'institution', 'area'],
  registrations: ['institution', 'area'],
  admissions: ['institution', 'area'],
  discharges: ['institution', 'area'],
  in_bed: ['institution', 'area'],
  beds: ['institution', 'area'],
  messages: ['institution', 'area'],
}

export function divisionsOf(params: Record<string, string>): string[] {
  const by = params.by ?? ''
  const free = (DIVISIONS[params.figure ?? ''] ?? []).filter((one) => !(one in params) || one === 'area')
  return free.includes(by) || by === '' ? free : [...free, by]
}
