import type { JsonObject } from '@/api/fhir'
import { list, object, text } from './values'

export type Flag = 'high' | 'low' | 'very-high' | 'very-low' | 'abnormal' | 'critical' | 'normal'

export interface Judgement {
  flag: Flag
  /** `sent`: the laboratory said so; `range`: told here from value and reference range. */
  by: 'sent' | 'range'
}

export interface Range {
  low: number | null
  high: number | null
  unit: string
}

const SENT: Record<string, Flag> = {
  H: 'high',
  HU: 'very-high',
  HH: 'very-high',
  L: 'low',
  LU: 'very-low',
  LL: 'very-low',
  A: 'abnormal',
  AA: 'critical',
  POS: 'abnormal',
  DET: 'abnormal',
  R: 'abnormal',
  N: 'normal',
  NEG: 'normal',
  ND: 'normal',
}

/** Whether a result is normal: as its laboratory said, otherwise by its reference range; null = nobody can tell. */
export function judge(result: JsonObject): Judgement | null {
  const sent = sentFlag(result)
  if (sent) return { flag: sent, by: 'sent' }
  const range = rangeOf(result)
  const quantity = object(result.valueQuantity)
  const value = numberOf(quantity?.value)
  if (!range || !quantity || value === null) return null
  if (range.unit && text(quantity.unit) && range.unit !== text(quantity.unit)) return null
  const flag = compare(value, text(quantity.comparator), range)
  return flag && { flag, by: 'range' }
}

/** The one reference range that holds for everybody; null where there are several or none with a number. */
export function rangeOf(result: JsonObject): Range | null {
  const normal = list(result.referenceRange)
    .map(object)
    .filter((range) => range && isNormal(range))
  const only = normal.length === 1 ? normal[0] : null
  if (!only) return null
  const low = object(only.low)
  const high = object(only.high)
  const range = { low: numberOf(low?.value), high: numberOf(high?.value), unit: text(low?.unit) || text(high?.unit) }
  return range.low === null && range.high === null ? null : range
}

export function isOutside(flag: Flag | undefined): boolean {
  return flag !== undefined && flag !== 'normal'
}

export function numberOf(value: unknown): number | null {
  if (typeof value !== 'number' && typeof value !== 'string') return null
  const number = Number(value)
  return value === '' || Number.isNaN(number) ? null : number
}

function sentFlag(result: JsonObject): Flag | null {
  for (const concept of list(result.interpretation).map(object)) {
    for (const coding of list(concept?.coding).map(object)) {
      const flag = SENT[text(coding?.code)]
      if (flag) return flag
    }
  }
  return null
}

function isNormal(range: JsonObject): boolean {
  const codes = list(object(range.type)?.coding).map((coding) => text(object(coding)?.code))
  return codes.length === 0 || codes.includes('normal')
}

/** `<5` says only that the value is under 5: it is judged where that decides. */
function compare(value: number, comparator: string, range: Range): Flag | null {
  const { low, high } = range
  if (comparator.startsWith('<')) return low !== null && value <= low ? 'low' : null
  if (comparator.startsWith('>')) return high !== null && value >= high ? 'high' : null
  if (low !== null && value < low) return 'low'
  if (high !== null && value > high) return 'high'
  return 'normal'
}
