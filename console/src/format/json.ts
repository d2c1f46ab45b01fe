/** JSON text set out in lines without reading its numbers, so that `1.10` stays `1.10`. */

export interface Piece {
  kind: 'name' | 'string' | 'number' | 'word' | 'mark'
  text: string
  /** Set where a string points at a resource of this record, such as `Patient/1`. */
  reference?: string
}

export interface Line {
  indent: number
  pieces: Piece[]
}

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|[{}[\],:]/g
const REFERENCE = /^[A-Z][A-Za-z]+\/[A-Za-z0-9\-.]{1,64}(\/_history\/[A-Za-z0-9\-.]{1,64})?$/

export function jsonLines(json: string): Line[] {
  const tokens = json.match(TOKEN) ?? []
  const lines: Line[] = [{ indent: 0, pieces: [] }]
  let indent = 0
  let member = ''
  const add = (piece: Piece) => lines.at(-1)!.pieces.push(piece)
  const newLine = () => lines.push({ indent, pieces: [] })

  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!
    const next = tokens[i + 1]
    if (token === '{' || token === '[') {
      add({ kind: 'mark', text: token })
      if (next === '}' || next === ']') continue
      indent += 1
      newLine()
    } else if (token === '}' || token === ']') {
      const empty = tokens[i - 1] === '{' || tokens[i - 1] === '['
      if (!empty) {
        indent -= 1
        newLine()
      }
      add({ kind: 'mark', text: token })
    } else if (token === ',') {
      add({ kind: 'mark', text: ',' })
      newLine()
    } else if (token === ':') {
      add({ kind: 'mark', text: ': ' })
    } else if (token.startsWith('"') && next === ':') {
      member = token.slice(1, -1)
      add({ kind: 'name', text: token })
    } else {
      add(valuePiece(token, member))
    }
  }
  return lines
}

export function jsonText(lines: Line[]): string {
  return lines.map(lineText).join('\n')
}

export function lineText(line: Line): string {
  return '  '.repeat(line.indent) + line.pieces.map((piece) => piece.text).join('')
}

function valuePiece(token: string, member: string): Piece {
  if (token.startsWith('"')) {
    const inner = token.slice(1, -1)
    const points = member === 'reference' && REFERENCE.test(inner)
    return points ? { kind: 'string', text: token, reference: inner } : { kind: 'string', text: token }
  }
  return { kind: /^[-\d]/.test(token) ? 'number' : 'word', text: token }
}
