import { ref, shallowRef } from 'vue'
import type { Words } from '@/i18n'
import { csrfHeader, requestJson, requestRaw, withQuery } from './http'
import type { Session } from './session'

export interface Operation {
  name: string
  method: 'GET' | 'POST'
  about: Words
}

export interface Column {
  key: string
  title: Words
  kind: 'text' | 'number' | 'date' | 'instant' | 'reference' | 'tag' | 'flag'
  sorts: boolean
}

/** A cell of kind `reference`: a resource to open. */
export interface Reference {
  type: string
  id: string
  name: string
}

/** A cell of kind `tag`, and whatever else the server names in both languages. */
export interface Tag extends Words {
  code: string
}

export interface Filter {
  key: string
  title: Words
  /** The operation and the member of its answer that names the values, such as `codes:kinds`; null for what is typed. */
  values: string | null
}

export interface List {
  name: string
  title: Words
  columns: Column[]
  filters: Filter[]
  /** Whether `q` finds rows by what somebody types. */
  searches: boolean
}

export interface Screen {
  path: string
  title: Words
}

/** What a role may use of a program. */
export interface Program {
  name: string
  title: Words
  about: Words
  operations: Operation[]
  lists: List[]
  screens: Screen[]
}

export type Row = Record<string, unknown>

export interface ListPage {
  rows: Row[]
  next: string | null
  total: number | null
}

type Params = Record<string, string | number | null | undefined>

/** The programs of the session; empty until `loadPrograms` has them. */
export const programs = shallowRef<Program[]>([])
/** False where the server could not say; a screen then shows its own error. */
export const programsKnown = ref(false)

let asking: { csrf: string; answer: Promise<void> } | null = null

/** Asks once for each session what it may use. */
export function loadPrograms(session: Session): Promise<void> {
  if (asking?.csrf === session.csrf) return asking.answer
  programs.value = []
  programsKnown.value = false
  const mine = { csrf: session.csrf, answer: fill() }
  asking = mine
  return mine.answer
}

async function fill() {
  try {
    programs.value = (await requestJson<{ programs: Program[] }>('/api/programs')).programs
    programsKnown.value = true
  } catch {
    asking = null // asked again with the next screen, which shows its own error meanwhile
  }
}

export function programOf(name: string): Program | undefined {
  return programs.value.find((program) => program.name === name)
}

/** Whether the session has this screen. */
export function hasScreen(path: string): boolean {
  return programs.value.some((program) => program.screens.some((screen) => screen.path === path))
}

export function mayUse(program: string, operation: string): boolean {
  return programOf(program)?.operations.some((one) => one.name === operation) ?? false
}

/** What a reading operation answers. */
export function ask<T>(program: string, operation: string, params: Params = {}, signal?: AbortSignal): Promise<T> {
  return requestJson(withQuery(`/api/programs/${program}/${operation}`, params), { signal })
}

export function listPath(program: string, list: string, params: Params = {}): string {
  return withQuery(`/api/programs/${program}/lists/${list}`, params)
}

export function listPage(program: string, list: string, params: Params, signal?: AbortSignal): Promise<ListPage> {
  return requestJson(listPath(program, list, params), { signal })
}

/** A file as the server sends it, byte for byte: a spreadsheet reads its first bytes to know the letters. */
export async function loadFile(path: string): Promise<Blob> {
  return (await requestRaw(path, { headers: { Accept: 'text/csv' } })).blob()
}

/** Sends a file as it is: its bytes say in which letters it was written. */
export async function sendCsv<T>(program: string, operation: string, file: Blob): Promise<T> {
  const headers = { 'Content-Type': 'text/csv', ...csrfHeader() }
  const response = await requestRaw(`/api/programs/${program}/${operation}`, { method: 'POST', headers, body: file })
  return (await response.json()) as T
}
