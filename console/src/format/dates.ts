/** Dates as the city reads them. A FHIR date keeps its precision; an instant is shown in the city's zone. */

let zone = 'Asia/Shanghai'
let parts = formatFor(zone)

/** The zone that the server names. */
export function setZone(name: string) {
  zone = name
  parts = formatFor(zone)
}

function formatFor(timeZone: string) {
  return new Intl.DateTimeFormat('en-CA', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  })
}

interface Local {
  day: string
  time: string
  seconds: string
}

/** The local day and time of an instant. */
function local(at: Date): Local {
  const get = Object.fromEntries(parts.formatToParts(at).map((p) => [p.type, p.value]))
  return { day: `${get.year}-${get.month}-${get.day}`, time: `${get.hour}:${get.minute}`, seconds: get.second ?? '00' }
}

function hasTime(text: string): boolean {
  return text.includes('T')
}

/** `2024`, `2024-03`, `2024-03-07` or `2024-03-07 14:05`: as precise as it was sent. */
export function showDate(text: string | null | undefined): string {
  if (!text) return ''
  if (!hasTime(text)) return text
  const at = new Date(text)
  if (Number.isNaN(at.getTime())) return text
  const { day, time } = local(at)
  return `${day} ${time}`
}

/** With seconds, for logs. */
export function showInstant(text: string | null | undefined): string {
  if (!text || !hasTime(text)) return text ?? ''
  const at = new Date(text)
  if (Number.isNaN(at.getTime())) return text
  const { day, time, seconds } = local(at)
  return `${day} ${time}:${seconds}`
}

/** The local day of a FHIR date or instant, at its own precision: `2024-03-07`, `2024-03`, `2024`. */
export function dayOf(text: string): string {
  return showDate(text).slice(0, 10)
}

/** The time of day of an instant, empty for a date. */
export function timeOf(text: string | null | undefined): string {
  return text && hasTime(text) ? showDate(text).slice(11) : ''
}

/** Milliseconds of the local calendar, for an axis; a date counts from its first moment. */
export function localMillis(text: string): number {
  const local = showInstant(text)
  const full = /^\d{4}$/.test(local) ? `${local}-01-01` : /^\d{4}-\d{2}$/.test(local) ? `${local}-01` : local
  return Date.parse(full.includes(' ') ? `${full.replace(' ', 'T')}Z` : `${full}T00:00:00Z`)
}

/** Whole years between two dates, or null where the birth date does not say the year. */
export function ageAt(birthDate: string | null, today: string): number | null {
  const birth = /^(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?$/.exec(birthDate ?? '')
  if (!birth) return null
  const [year, month, day] = today.split('-').map(Number) as [number, number, number]
  const before = month < Number(birth[2] ?? 1) || (month === Number(birth[2] ?? 1) && day < Number(birth[3] ?? 1))
  const age = year - Number(birth[1]) - (before ? 1 : 0)
  return age < 0 ? null : age
}

/** Today in the city. */
export function today(): string {
  return local(new Date()).day
}

/** `1:05` or `2:03:09` for a number of seconds. */
export function showSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  const two = (n: number) => String(n).padStart(2, '0')
  const hours = Math.floor(whole / 3600)
  const minutes = Math.floor((whole % 3600) / 60)
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`
}
