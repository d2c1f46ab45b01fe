import { tWords } from '@/i18n'
import type { ReasonCount } from '../api'

/** The first few reasons in words; each with its number, where that may be told. */
export function reasonsText(all: ReasonCount[], most: number): string {
  return all
    .slice(0, most)
    .map((one) => `${tWords(one)}${one.count === null ? '' : ` ${one.count}`}`)
    .join(' · ')
}
