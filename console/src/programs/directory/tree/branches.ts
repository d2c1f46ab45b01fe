import { computed, ref, shallowRef } from 'vue'
import { complain } from '@/parts/message'
import { childrenOf, pathTo } from '../api'
import { linesOf, type Children } from './model'

/** The tree while it is looked at: children are read when their parent is opened. */
export function useBranches() {
  const children = shallowRef<Children>(new Map())
  const opened = ref(new Set<string>())
  const error = shallowRef<unknown>(null)
  const lines = computed(() => linesOf(children.value, opened.value))
  const known = computed(() => children.value.has(''))

  async function read(parent: string | null) {
    const nodes = await childrenOf(parent)
    children.value = new Map(children.value).set(parent ?? '', nodes)
    return nodes
  }

  async function begin() {
    try {
      const roots = await read(null)
      error.value = null
      // The commission stands first; what it holds is what one comes for.
      if (roots[0] && roots[0].children > 0) await open(roots[0].id)
    } catch (caught) {
      error.value = caught
    }
  }

  async function open(id: string) {
    opened.value.add(id)
    if (children.value.has(id)) return
    try {
      await read(id)
    } catch (caught) {
      opened.value.delete(id)
      complain(caught)
    }
  }

  function close(id: string) {
    opened.value.delete(id)
  }

  /** Opens everything above a node, so that it is seen. */
  async function reveal(id: string) {
    try {
      const path = await pathTo(id)
      for (const above of path.slice(0, -1)) await open(above.id)
    } catch (caught) {
      complain(caught)
    }
  }

  /** Reads again what is open; what is closed is read when it is opened. */
  async function refresh() {
    const wanted = ['', ...opened.value]
    const fresh: Children = new Map()
    try {
      for (const parent of wanted) fresh.set(parent, await childrenOf(parent || null))
      children.value = fresh
      error.value = null
    } catch {
      // The tree on the screen stays; the next change or click tries again.
    }
  }

  return { lines, known, error, begin, open, close, reveal, refresh, openCount: () => opened.value.size }
}
