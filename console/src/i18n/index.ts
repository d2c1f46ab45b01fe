import { ref } from 'vue'
import { TYPES_ZH } from '@/format/types'
import { programWords, type ProgramKey } from '@/programs/words'
import { CODES_ZH, FIELDS_ZH } from './fields'
import { en } from './en'
import { zh, type Key as ShellKey } from './zh'

export type Key = ShellKey | ProgramKey
export type Language = 'zh' | 'en'

/** Words that the server sends in both languages. */
export interface Words {
  zh: string
  en: string
}

/** Chinese first; the choice is kept with the other preferences. */
export const language = ref<Language>('zh')

/** The sentence of a key, with `{name}` replaced by values. Reactive: it reads the language. */
export function t(key: Key, values: Record<string, string | number> = {}): string {
  const sentence = sentenceOf(key)
  return sentence.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole))
}

function sentenceOf(key: Key): string {
  if (isProgramKey(key)) return programWords[key][language.value]
  return language.value === 'zh' ? zh[key] : en[key]
}

function isProgramKey(key: string): key is ProgramKey {
  return key in programWords
}

/** For keys put together from data, such as `role.` + role: the data itself where no sentence exists. */
export function tOr(key: string, otherwise: string): string {
  return key in zh || isProgramKey(key) ? t(key as Key) : otherwise
}

/** Words of the server in the reader's language; the other one rather than nothing. Plain text is what it is. */
export function tWords(words: Words | string | null | undefined): string {
  if (typeof words === 'string') return words
  return words?.[language.value] || words?.zh || words?.en || ''
}

/** The name of a resource type, in Chinese beside its FHIR name where the screen has room for both. */
export function typeName(type: string): string {
  return language.value === 'zh' ? (TYPES_ZH[type] ?? type) : spaced(type)
}

/** The name of an element. */
export function fieldName(name: string): string {
  if (language.value === 'zh') return FIELDS_ZH[name] ?? spaced(name)
  const words = spaced(name)
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** A code of the standard in words, where the console knows it. */
export function codeName(code: string): string {
  return language.value === 'zh' ? (CODES_ZH[code] ?? code) : code
}

/** `DiagnosticReport` → `Diagnostic report`, `birthDate` → `birth date` */
function spaced(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, (_, left: string, right: string) => `${left} ${right.toLowerCase()}`)
}
