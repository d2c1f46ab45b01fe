/** `72,900.00` → `¥72,900`; fen are shown only where there are some. */
export function showYuan(fen: number): string {
  const digits = fen % 100 === 0 ? 0 : 2
  const yuan = (fen / 100).toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
  return `¥${yuan}`
}

/** `82.0 %`, or a dash where there is nothing to divide by. */
export function showRate(percent: number | null | undefined): string {
  return percent === null || percent === undefined ? '–' : `${percent.toFixed(1)}%`
}

/** Micrometres as millimetres: `1250` → `1.25`. */
export function showMillimetres(um: number): string {
  return String(um / 1000)
}

/** How long: in hours up to three days, then in days. */
export function spanOf(hours: number): { n: string; unit: 'hours' | 'days' } {
  if (hours <= 72) return { n: trimmed(hours), unit: 'hours' }
  return { n: trimmed(hours / 24), unit: 'days' }
}

function trimmed(value: number): string {
  return String(Math.round(value * 10) / 10)
}

/** A dated span in the address or chosen by a button. */
export interface Span {
  from: string
  to: string
}

export const SPANS = ['days-30', 'this-month', 'last-month', 'days-90', 'days-365', 'this-year', 'last-year'] as const
export type SpanName = (typeof SPANS)[number]

/** The named spans up to today, but for the span itself. */
export function upTo(today: string, span: Span): { name: SpanName; span: Span }[] {
  const named = (['days-30', 'days-90', 'days-365'] as const).map((name) => ({ name, span: spanNamed(name, today) }))
  return named.filter((one) => one.span.from !== span.from || one.span.to !== span.to)
}

/** The named spans that hold a span and more, the shortest first. */
export function longerThan(span: Span, today: string): { name: SpanName; span: Span }[] {
  return upTo(today, span).filter((one) => one.span.from < span.from && one.span.to >= span.to)
}

/** The days of a named span as seen on a day of the city; both ends belong to it. */
export function spanNamed(name: SpanName, today: string): Span {
  const [year, month] = today.split('-').map(Number) as [number, number]
  switch (name) {
    case 'this-month':
      return { from: `${today.slice(0, 7)}-01`, to: today }
    case 'last-month': {
      const first = day(Date.UTC(year, month - 2, 1))
      return { from: first, to: day(Date.UTC(year, month - 1, 0)) }
    }
    case 'days-30':
      return { from: daysBefore(today, 29), to: today }
    case 'days-90':
      return { from: daysBefore(today, 89), to: today }
    case 'days-365':
      return { from: daysBefore(today, 364), to: today }
    case 'this-year':
      return { from: `${year}-01-01`, to: today }
    case 'last-year':
      return { from: `${year - 1}-01-01`, to: `${year - 1}-12-31` }
  }
}

function daysBefore(today: string, days: number): string {
  return day(Date.parse(`${today}T00:00:00Z`) - days * 86_400_000)
}

function day(millis: number): string {
  return new Date(millis).toISOString().slice(0, 10)
}
