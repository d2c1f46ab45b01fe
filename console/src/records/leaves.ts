import type { Json, JsonObject } from '@/api/fhir'
import { object } from '@/format/values'

/** What a value is, told by its members; the console carries no definitions of its own. */
export type Shape =
  | 'primitive'
  | 'reference'
  | 'concept'
  | 'coding'
  | 'quantity'
  | 'period'
  | 'range'
  | 'identifier'
  | 'name'
  | 'address'
  | 'contact'
  | 'attachment'
  | 'nested'

const SHAPES: [Shape, string[], string[]][] = [
  // shape, members of which one must be there, all members it may have
  ['reference', ['reference'], ['reference', 'type', 'identifier', 'display']],
  ['concept', ['coding'], ['coding', 'text']],
  ['coding', ['code'], ['system', 'version', 'code', 'display', 'userSelected']],
  ['attachment', ['contentType'], ['contentType', 'language', 'data', 'url', 'size', 'hash', 'title', 'creation']],
  ['contact', ['value'], ['system', 'value', 'use', 'rank', 'period']],
  ['identifier', ['value'], ['use', 'type', 'system', 'value', 'period', 'assigner']],
  ['quantity', ['value'], ['value', 'comparator', 'unit', 'system', 'code']],
  ['range', ['low', 'high'], ['low', 'high', 'text']],
  ['period', ['start', 'end'], ['start', 'end']],
  ['name', ['family', 'given'], ['use', 'text', 'family', 'given', 'prefix', 'suffix', 'period']],
  [
    'address',
    ['line', 'city', 'district', 'postalCode', 'country'],
    ['use', 'type', 'text', 'line', 'city', 'district', 'state', 'postalCode', 'country', 'period'],
  ],
  ['concept', ['text'], ['text']],
  ['reference', ['display'], ['type', 'identifier', 'display']],
]

const CONTACT_SYSTEMS = new Set(['phone', 'fax', 'email', 'pager', 'url', 'sms', 'other'])

export function shapeOf(value: Json): Shape {
  const whole = object(value)
  if (!whole) return 'primitive'
  const names = Object.keys(whole).filter((name) => name !== 'id')
  for (const [shape, some, all] of SHAPES) {
    if (some.some((name) => name in whole) && names.every((name) => all.includes(name)) && agrees(shape, whole)) {
      return shape
    }
  }
  return 'nested'
}

/** Contact points, identifiers and quantities have the same names; their values tell them apart. */
function agrees(shape: Shape, value: JsonObject): boolean {
  if (shape === 'contact') return CONTACT_SYSTEMS.has(String(value.system ?? ''))
  if (shape === 'quantity') return 'unit' in value || 'code' in value || isNumber(value.value)
  if (shape === 'identifier') return !('unit' in value) && !isNumber(value.value)
  return true
}

function isNumber(value: Json | undefined): boolean {
  return typeof value === 'number'
}

export function isLeaf(value: Json): boolean {
  return shapeOf(value) !== 'nested'
}
