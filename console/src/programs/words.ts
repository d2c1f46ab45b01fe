import { directoryWords } from './directory/words'
import { listWords } from './lists/words'

/** The sentences of every program's screens; each program keeps its own in `<program>/words.ts`. */
export const programWords = { ...listWords, ...directoryWords }

export type ProgramKey = keyof typeof programWords
