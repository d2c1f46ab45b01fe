/** A number and its sign stay on one line. */
const NBSP = '\u00a0'

/** A difference from fewer than this is chance. */
const USUAL_MIN = 5

/** How far a number is from the usual one, in whole percent; null where that says nothing. */
export function difference(value: number | null, usual: number | null | undefined): number | null {
  if (value === null || usual === null || usual === undefined || usual < USUAL_MIN) return null
  return Math.round((100 * (value - usual)) / usual)
}

/** `▲ 5 %`, `▼ 12 %`, `±0 %` */
export function showDifference(percent: number): string {
  if (percent === 0) return `±0${NBSP}%`
  return `${percent > 0 ? '▲' : '▼'}${NBSP}${Math.abs(percent)}${NBSP}%`
}

/** `12 %`, `0.4 %` of a share between 0 and 1. */
export function showShare(share: number): string {
  const percent = 100 * share
  return `${percent > 0 && percent < 10 ? percent.toFixed(1) : Math.round(percent)}${NBSP}%`
}

/** The mean of each day and the six before it, so that weekends do not hide where things go; null until there are seven. */
export function weekMean(values: (number | null)[]): (number | null)[] {
  return values.map((_, index) => {
    const week = values.slice(Math.max(0, index - 6), index + 1)
    const known = week.filter((value) => value !== null)
    return index < 6 || known.length < week.length ? null : known.reduce((sum, value) => sum + value, 0) / 7
  })
}
