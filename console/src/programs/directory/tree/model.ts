import type { Node } from '../api'

/** A line of the tree as it is shown. */
export interface Line {
  node: Node
  /** Without the name of the one above, which stands there already. */
  name: string
  /** 1 for a root. */
  depth: number
  parent: string | null
  open: boolean
  loading: boolean
  /** Its place among its siblings, from 1, and how many they are. */
  place: number
  siblings: number
}

/** What is known of the tree: the children of each opened node, in the server's order; `''` holds the roots. */
export type Children = Map<string, Node[]>

/** The lines that are seen, from the top: a closed node hides all below it. */
export function linesOf(children: Children, open: Set<string>): Line[] {
  const lines: Line[] = []
  const add = (parent: string | null, depth: number, above: string) => {
    const nodes = children.get(parent ?? '') ?? []
    nodes.forEach((node, index) => {
      const isOpen = open.has(node.id) && node.children > 0
      const loading = isOpen && !children.has(node.id)
      lines.push({
        node,
        name: shortName(node.name, above),
        depth,
        parent,
        open: isOpen,
        loading,
        place: index + 1,
        siblings: nodes.length,
      })
      // A node that names itself as its ancestor must not draw for ever.
      if (isOpen && depth < DEPTH_MAX) add(node.id, depth + 1, node.name)
    })
  }
  add(null, 1, '')
  return lines
}

const DEPTH_MAX = 12

/** `内科` for `第一人民医院内科` where 第一人民医院 stands above it. */
export function shortName(name: string, above: string): string {
  const rest = above !== '' && name.startsWith(above) ? name.slice(above.length).trim() : ''
  return rest || name
}

export type Move = { to: string } | { open: string } | { close: string } | null

/** What a key does on a line, as in any tree: right opens or goes down, left closes or goes up. */
export function moveOf(key: string, lines: Line[], at: string | null): Move {
  const index = lines.findIndex((line) => line.node.id === at)
  const line = lines[index]
  const to = (target: Line | undefined): Move => (target ? { to: target.node.id } : null)
  if (!line) return ['ArrowDown', 'ArrowUp', 'Home', 'End'].includes(key) ? to(lines[0]) : null
  switch (key) {
    case 'ArrowDown':
      return to(lines[index + 1])
    case 'ArrowUp':
      return to(lines[index - 1])
    case 'Home':
      return to(lines[0])
    case 'End':
      return to(lines.at(-1))
    case 'ArrowRight':
      if (line.node.children === 0) return null
      if (!line.open) return { open: line.node.id }
      return lines[index + 1]?.parent === line.node.id ? to(lines[index + 1]) : null
    case 'ArrowLeft':
      if (line.open) return { close: line.node.id }
      return line.parent ? { to: line.parent } : null
    default:
      return null
  }
}
