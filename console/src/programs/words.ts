import { clockWords } from '@/clock/words'
import { rulesWords } from '@/rules/words'
import { tourWords } from '@/tour/words'
import { directoryWords } from './directory/words'
import { listWords } from './lists/words'
import { overviewWords } from './overview/words'
import { recognitionWords } from './recognition/words'

/** The sentences of every program's screens; each program keeps its own in `<program>/words.ts`. */
export const programWords = {
  ...listWords,
  ...directoryWords,
  ...overviewWords,
  ...recognitionWords,
  ...clockWords,
  ...rulesWords,
  ...tourWords,
}

export type ProgramKey = keyof typeof programWords
