import type { Resource } from '@/api/fhir'
import { dayOf, showInstant } from '@/format/dates'
import { GROUPS, shownDate, sortedDate, type Kind } from './kinds'

/** What has been loaded of one resource type, newest first, and where the next page is. */
export interface Stream {
  kind: Kind
  rows: Resource[]
  next: string | null
}

export interface Entry {
  kind: Kind
  resource: Resource
  /** Local date and time as text, which sorts; empty for an entry without a date. */
  at: string
}

export interface Day {
  /** `2024-03-07`, less precise where no more is known, empty for entries without a date. */
  day: string
  entries: Entry[]
}

/**
 * The instant down to which every stream is known: entries before it may still have neighbours on a page that is not
 * loaded yet. Empty where everything is loaded.
 */
export function frontier(streams: Stream[]): string {
  const ends = streams.filter((stream) => stream.next).map(endOf)
  return ends.length === 0 ? '' : ends.reduce((latest, end) => (end > latest ? end : latest))
}

/** The streams whose next page is needed first. */
export function behind(streams: Stream[]): Stream[] {
  const edge = frontier(streams)
  return streams.filter((stream) => stream.next && endOf(stream) === edge)
}

/** Days from newest to oldest, down to the frontier; within a day in the order things happened. */
export function days(streams: Stream[]): Day[] {
  const open = streams.some((stream) => stream.next)
  const edge = frontier(streams)
  const entries = streams.flatMap(entriesOf).filter((entry) => !open || (edge !== '' && entry.at >= edge))
  entries.sort(byTime)
  const byDay = new Map<string, Entry[]>()
  for (const entry of entries) {
    const day = dayOf(entry.at)
    const list = byDay.get(day)
    if (list) list.push(entry)
    else byDay.set(day, [entry])
  }
  return [...byDay].map(([day, list]) => ({ day, entries: list })).sort((a, b) => (a.day < b.day ? 1 : -1))
}

/** A visit comes before what was found and done in it at the same minute. */
function byTime(a: Entry, b: Entry): number {
  if (a.at !== b.at) return a.at < b.at ? -1 : 1
  return GROUPS.indexOf(a.kind.group) - GROUPS.indexOf(b.kind.group)
}

function entriesOf(stream: Stream): Entry[] {
  const { shows } = stream.kind
  const rows = shows ? stream.rows.filter(shows) : stream.rows
  return rows.map((resource) => ({
    kind: stream.kind,
    resource,
    at: showInstant(shownDate(stream.kind, resource)),
  }))
}

function endOf(stream: Stream): string {
  const last = stream.rows.at(-1)
  return last ? showInstant(sortedDate(stream.kind, last)) : ''
}
