import { ask, listPage, type Reference } from '@/api/programs'
import { tWords, type Words } from '@/i18n'
import type { Shape } from './map/drawing'

export const DIRECTORY = 'directory'

/** A place in the tree: a commission, a hospital, a campus, a department. */
export interface Node {
  id: string
  name: string
  kind: string | null
  kind_name: Words | null
  level: string | null
  level_name: Words | null
  /** How many stand directly below it. */
  children: number
  beds: number | null
  active: boolean
}

export interface Code {
  name: Words
  value: string
  system: string
  /** Whether the last character is the one that the others demand; null where the code has none. */
  check: boolean | null
}

export interface Affiliation {
  id: string
  name: string
  kind_name: Words | null
  role: string | null
  lead: { id: string; name: string } | null
}

/** Everything of one institution. */
export interface Institution {
  id: string
  name: string
  active: boolean
  kind: string | null
  kind_name: Words | null
  level: string | null
  level_name: Words | null
  codes: Code[]
  /** From the root down to the one above. */
  parents: { id: string; name: string }[]
  address: string | null
  phone: string | null
  district: string | null
  street: string | null
  point: [number, number] | null
  beds: number | null
  campuses: { id: string; name: string; address: string | null; beds: number | null }[]
  departments: { id: string; name: string; campus: string | null; beds: number | null; posts: number | null }[]
  equipment: { kind: string; name: Words; count: number }[]
  services: { id: string; name: string; kind_name: Words | null; available: string | null }[]
  posts: { count: number; first: Post[] }
  affiliations: Affiliation[]
  population: { area: string; name: string; total: number } | null
}

export interface Post {
  id: string
  name: string
  practitioner: string
  department: string | null
  post: string | null
}

export async function childrenOf(parent: string | null, signal?: AbortSignal): Promise<Node[]> {
  return (await ask<{ nodes: Node[] }>(DIRECTORY, 'tree', { parent }, signal)).nodes
}

/** From the root down to this one. */
export async function pathTo(id: string, signal?: AbortSignal): Promise<Node[]> {
  return (await ask<{ path: Node[] }>(DIRECTORY, 'tree', { path: id }, signal)).path
}

export function institution(id: string, signal?: AbortSignal): Promise<Institution> {
  return ask(DIRECTORY, 'institution', { id }, signal)
}

export interface Found {
  id: string
  name: string
  detail: string
}

const FOUND_MAX = 12

/** Institutions by name, pinyin or code. */
export async function findInstitutions(q: string, signal?: AbortSignal): Promise<Found[]> {
  const page = await listPage(DIRECTORY, 'institutions', { q, count: FOUND_MAX }, signal)
  return page.rows.flatMap((row) => {
    const name = row.name as Reference | null
    if (!name) return []
    const detail = [tWords(row.kind as Words | null), row.district].filter((part) => typeof part === 'string' && part)
    return [{ id: name.id, name: name.name, detail: detail.join(' · ') }]
  })
}

/** An institution as a point of the map. */
export interface MapPoint {
  id: string
  name: string
  kind: string | null
  kind_name: Words | null
  level_name: Words | null
  /** The finest area known, whose code begins with those above it. */
  area: string | null
  lng: number
  lat: number
  beds: number | null
}

export interface CityMap {
  schematic: boolean
  features: { features: Shape[] }
  points: MapPoint[]
}

export function cityMap(level: 'district' | 'street', signal?: AbortSignal): Promise<CityMap> {
  return ask(DIRECTORY, 'map', { level }, signal)
}

export interface Area {
  code: string
  name: string
  kind: string
  parent: string | null
  population: number | null
  /** How many areas lie directly in it. */
  children: number
}

export async function areasIn(parent: string | null, signal?: AbortSignal): Promise<Area[]> {
  return (await ask<{ areas: Area[] }>(DIRECTORY, 'areas', { parent }, signal)).areas
}

/** Residents from `low` to `high` completed years; no `high`: and older. */
export interface Band {
  low: number
  high: number | null
  male: number
  female: number
}

export interface Population {
  year: number
  years: number[]
  total: number
  bands: Band[]
}

export function population(area: string, year: number | null, signal?: AbortSignal): Promise<Population> {
  return ask(DIRECTORY, 'population', { area, year }, signal)
}
