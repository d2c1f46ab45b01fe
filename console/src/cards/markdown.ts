/** The little of Markdown that cards are written in, as data: what was sent never becomes markup. */

export type Piece = { text: string; strong: boolean }
export type Block =
  | { kind: 'text'; lines: Piece[][] }
  | { kind: 'heading'; lines: Piece[][] }
  | { kind: 'list'; lines: Piece[][] }
  | { kind: 'table'; head: Piece[][]; rows: Piece[][][] }

const BLOCKS_MAX = 200

export function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = []
  let last: Block | null = null
  for (const raw of markdown.split(/\r?\n/)) {
    const line = raw.trim()
    if (line === '') {
      last = null
      continue
    }
    const found = blockOf(line)
    if (found === null) continue
    if (last?.kind === 'table' && found.kind === 'table') last.rows.push(...found.rows)
    else if (last && found.kind === last.kind && 'lines' in last && 'lines' in found) last.lines.push(...found.lines)
    else blocks.push((last = found.kind === 'table' ? { ...found, head: found.rows[0] ?? [], rows: [] } : found))
    if (blocks.length >= BLOCKS_MAX) break
  }
  return blocks
}

/** One line as a block of its own; null for the rule between a table's head and its rows. */
function blockOf(line: string): Block | null {
  const item = /^[-*+] +(.*)$/.exec(line) ?? /^\d+[.)] +(.*)$/.exec(line)
  if (item) return { kind: 'list', lines: [piecesOf(item[1]!)] }
  const heading = /^#{1,6} +(.*)$/.exec(line)
  if (heading) return { kind: 'heading', lines: [piecesOf(heading[1]!)] }
  if (!line.startsWith('|')) return { kind: 'text', lines: [piecesOf(line)] }
  if (/^[|\s:-]+$/.test(line)) return null
  const cells = line.replace(/^\||\|$/g, '').split('|')
  return { kind: 'table', head: [], rows: [cells.map((cell) => piecesOf(cell.trim()))] }
}

/** `**strong**` and the rest; links keep their words only, for a card's links stand beside it. */
function piecesOf(line: string): Piece[] {
  const plain = line.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/`([^`]*)`/g, '$1')
  return plain
    .split(/(\*\*[^*]+\*\*)/)
    .filter((part) => part !== '')
    .map((part) => {
      const strong = part.startsWith('**') && part.endsWith('**') && part.length > 4
      return { text: unescaped(strong ? part.slice(2, -2) : part), strong }
    })
}

function unescaped(text: string): string {
  return text.replace(/\\([\\`*_{}[\]()#+\-.!|])/g, '$1')
}
