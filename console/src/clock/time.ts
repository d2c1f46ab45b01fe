import type { CityClock } from './api'

/** What the clock shows `elapsed` milliseconds after it was read. */
export function timeAt(clock: CityClock, elapsed: number): number {
  const read = Date.parse(clock.now)
  const now = clock.paused ? read : read + elapsed * clock.pace
  const until = clock.until ? Date.parse(clock.until) : NaN
  return Number.isNaN(until) ? now : Math.min(now, until)
}

/** True where the prepared time is used up. */
export function hasEnded(clock: CityClock, elapsed: number): boolean {
  return clock.until !== null && timeAt(clock, elapsed) >= Date.parse(clock.until)
}
