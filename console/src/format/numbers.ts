/** `12,345` */
export function showCount(value: number): string {
  return value.toLocaleString('en-US')
}

/** `3.4 MB` */
export function showBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000
    unit += 1
  }
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 1 : 0)} ${units[unit]}`
}

/** Hides the middle of a number: what is left tells two people apart and no more. */
export function mask(number: string): string {
  const text = number.trim()
  if (text.includes('*') || text.length < 5) return text
  const shown = text.length >= 15 ? 4 : text.length >= 8 ? 2 : 1
  return text.slice(0, shown) + '*'.repeat(text.length - 2 * shown) + text.slice(-shown)
}
