import { ask, listPage, type Reference, type Row, type Tag } from '@/api/programs'
import { tWords, type Words } from '@/i18n'
import type { Position, Shape } from './map/drawing'

export const DIRECTORY = 'directory'

/** A place in the tree: a commission, a hospital, a campus, a department. */
export interface Node {
  id: string
  name: string
  kind_name: Words | null
  level: string | null
  level_name: Words | null
  /** How many stand directly below it. */
  children: number
  beds: number
  active: boolean
}

/** What stands below an institution. */
export interface Part {
  id: string
  name: string
  kind: Words | null
  level: Tag | null
  parent: string | null
  beds: number
  active: boolean
}

export interface Affiliation {
  id: string
  kind: Tag | null
  /** The consortium or league, where it is an Organization of its own. */
  network: Reference | null
  lead: Reference | null
  member: Reference | null
  is_lead: boolean
  active: boolean
}

/** Everything of one institution. */
export interface Institution {
  id: string
  name: string
  alias: string[]
  active: boolean
  valid_from: string | null
  valid_to: string | null
  /** The 18-character code as sent. */
  code: string | null
  code_valid: boolean | null
  /** What is wrong with the code. */
  code_problem: Words | string | null
  class: 'commission' | 'institution' | 'campus' | 'department' | 'association' | 'place'
  class_name: Words
  kind: Tag | null
  level: Tag | null
  /** From the root down to the one above. */
  above: Reference[]
  address: string | null
  phone: string | null
  district: Tag | null
  street: Tag | null
  point: [number, number] | null
  beds: number
  campuses: Part[]
  departments: Part[]
  institutions: Part[]
  services: Row[]
  affiliations: Affiliation[]
  population: { area: Reference; code: string; year: number | null; total: number | null } | null
  versions: { count: number; last_updated: string } | null
  /** Not told of a commission, nor to who may not see staff. */
  posts?: { count: number; by_kind: { post: Tag; count: number }[]; first: Row[] }
  equipment?: { kind: Tag; count: number }[]
}

/** Code of "no level": most places have none, and saying so everywhere says nothing. */
export const NO_LEVEL = '0'

export async function childrenOf(parent: string | null, signal?: AbortSignal): Promise<Node[]> {
  return (await ask<{ nodes: Node[] }>(DIRECTORY, 'tree', { parent }, signal)).nodes.map(withoutNoLevel)
}

function withoutNoLevel(node: Node): Node {
  return node.level === NO_LEVEL ? { ...node, level_name: null } : node
}

/** What stands below an authority: its own parts are other authorities, and institutions. */
export async function partsOf(parent: string, signal?: AbortSignal): Promise<Part[]> {
  const nodes = await childrenOf(parent, signal)
  return nodes.map(({ id, name, kind_name, level, level_name, beds, active }) => {
    const tag = level !== null && level_name !== null ? { code: level, ...level_name } : null
    return { id, name, kind: kind_name, level: tag, parent, beds, active }
  })
}

/** From the root down to this one. */
export async function pathTo(id: string, signal?: AbortSignal): Promise<Node[]> {
  return (await ask<{ nodes: Node[] }>(DIRECTORY, 'tree', { path: id }, signal)).nodes
}

export async function institution(id: string, signal?: AbortSignal): Promise<Institution> {
  const one = await ask<Institution>(DIRECTORY, 'institution', { id }, signal)
  const institutions = one.class === 'commission' ? await partsOf(id, signal) : one.institutions
  return { ...one, institutions, level: one.level?.code === NO_LEVEL ? null : one.level }
}

/** The map of its district with the institution marked. */
export function mapPath(one: Institution): string {
  return `/directory/map?${one.district ? `area=${one.district.code}&` : ''}at=${encodeURIComponent(one.id)}`
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
  kind: Tag | null
  level: Tag | null
  beds: number
  point: Position
  /** The finest area known, whose code begins with those above it. */
  area: string | null
}

export interface CityMap {
  schematic: boolean
  features: { features: Shape[] }
  points: MapPoint[]
}

/** An area without a boundary cannot be drawn and is left out. */
export async function cityMap(level: 'district' | 'street', signal?: AbortSignal): Promise<CityMap> {
  const map = await ask<CityMap>(DIRECTORY, 'map', { level }, signal)
  const features = (map.features.features as (Shape | { geometry: null })[]).filter((one) => one.geometry !== null)
  return { ...map, features: { features: features as Shape[] } }
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

/** Without a year nothing is known. */
export interface Population {
  year: number | null
  years: number[]
  total: number | null
  bands: Band[]
}

export function population(area: string, year: number | null, signal?: AbortSignal): Promise<Population> {
  return ask(DIRECTORY, 'population', { area, year }, signal)
}
