export interface DiffLine {
  kind: 'same' | 'removed' | 'added'
  text: string
}

/** Beyond this many differing lines the two texts are shown as replaced whole. */
const EDITS_MAX = 2000

/** The shortest way from one list of lines to the other (Myers, An O(ND) Difference Algorithm, 1986). */
export function diffLines(before: string[], after: string[]): DiffLine[] {
  let start = 0
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1
  let end = 0
  const least = Math.min(before.length, after.length) - start
  while (end < least && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1
  const same = (text: string): DiffLine => ({ kind: 'same', text })
  return [
    ...before.slice(0, start).map(same),
    ...middle(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...before.slice(before.length - end).map(same),
  ]
}

function middle(a: string[], b: string[]): DiffLine[] {
  const most = Math.min(a.length + b.length, EDITS_MAX)
  const rounds: Map<number, number>[] = []
  let reach = new Map<number, number>([[1, 0]])
  for (let edits = 0; edits <= most; edits++) {
    rounds.push(new Map(reach))
    for (let k = -edits; k <= edits; k += 2) {
      const down = k === -edits || (k !== edits && (reach.get(k - 1) ?? -1) < (reach.get(k + 1) ?? -1))
      let x = down ? (reach.get(k + 1) ?? 0) : (reach.get(k - 1) ?? 0) + 1
      let y = x - k
      while (x < a.length && y < b.length && a[x] === b[y]) {
        x += 1
        y += 1
      }
      reach.set(k, x)
      if (x >= a.length && y >= b.length) return walkBack(a, b, rounds, edits)
    }
    reach = new Map(reach)
  }
  return [
    ...a.map((text): DiffLine => ({ kind: 'removed', text })),
    ...b.map((text): DiffLine => ({ kind: 'added', text })),
  ]
}

function walkBack(a: string[], b: string[], rounds: Map<number, number>[], edits: number): DiffLine[] {
  const lines: DiffLine[] = []
  let x = a.length
  let y = b.length
  for (let d = edits; d > 0; d--) {
    const reach = rounds[d]!
    const k = x - y
    const down = k === -d || (k !== d && (reach.get(k - 1) ?? -1) < (reach.get(k + 1) ?? -1))
    const previousK = down ? k + 1 : k - 1
    const previousX = reach.get(previousK) ?? 0
    const previousY = previousX - previousK
    while (x > previousX && y > previousY && x > 0 && y > 0 && a[x - 1] === b[y - 1]) {
      lines.push({ kind: 'same', text: a[x - 1]! })
      x -= 1
      y -= 1
    }
    if (down) lines.push({ kind: 'added', text: b[y - 1]! })
    else lines.push({ kind: 'removed', text: a[x - 1]! })
    x = previousX
    y = previousY
  }
  while (x > 0 && y > 0) {
    lines.push({ kind: 'same', text: a[x - 1]! })
    x -= 1
    y -= 1
  }
  return lines.reverse()
}

export interface DiffBlock {
  /** How many unchanged lines are left out here; 0 for a block of lines. */
  hidden: number
  lines: DiffLine[]
}

/** Leaves out what is unchanged and further than `near` lines from a change. */
export function foldUnchanged(lines: DiffLine[], near = 3): DiffBlock[] {
  const shown = lines.map(() => false)
  lines.forEach((line, at) => {
    if (line.kind === 'same') return
    for (let i = Math.max(0, at - near); i <= Math.min(lines.length - 1, at + near); i++) shown[i] = true
  })
  const blocks: DiffBlock[] = []
  lines.forEach((line, at) => {
    const last = blocks.at(-1)
    if (shown[at]) {
      if (last && last.hidden === 0) last.lines.push(line)
      else blocks.push({ hidden: 0, lines: [line] })
    } else if (last && last.hidden > 0) last.hidden += 1
    else blocks.push({ hidden: 1, lines: [] })
  })
  return blocks
}
