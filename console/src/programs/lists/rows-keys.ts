import { onMounted, onUnmounted, type Ref } from 'vue'

export interface RowsKeys {
  count: () => number
  /** Enter on the row that is marked. */
  open: (index: number) => void
  /** Down beyond the last row. */
  more?: () => void
}

/** Arrow keys move a mark through rows, from the search box or where nothing else wants the keys. */
export function useRowsKeys(at: Ref<number>, keys: RowsKeys) {
  function move(by: number) {
    const last = keys.count() - 1
    if (at.value + by > last) keys.more?.()
    at.value = Math.min(last, Math.max(0, at.value + by))
    document.getElementById(`row-${at.value}`)?.scrollIntoView({ block: 'nearest' })
  }

  function onKey(event: KeyboardEvent) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || !isOurs(event.target)) return
    if (event.key === 'ArrowDown') move(1)
    else if (event.key === 'ArrowUp') move(-1)
    else if (event.key === 'Enter' && at.value >= 0) keys.open(at.value)
    else return
    event.preventDefault()
  }

  onMounted(() => document.addEventListener('keydown', onKey))
  onUnmounted(() => document.removeEventListener('keydown', onKey))
}

function isOurs(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  return target === document.body || target.id === 'main' || target.matches('[data-search]')
}
