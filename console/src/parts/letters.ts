import { onMounted, onUnmounted } from 'vue'

const SEQUENCE_MS = 1200

/** Single letters of a screen. A letter after `g` belongs to the menu, one in a field to the field. */
export function useLetters(letters: Record<string, () => void>) {
  let gAt = -Infinity

  function onKey(event: KeyboardEvent) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) return
    const target = event.target
    if (target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) return
    const afterG = performance.now() - gAt < SEQUENCE_MS
    gAt = event.key === 'g' ? performance.now() : -Infinity
    if (afterG || !(event.key in letters)) return
    event.preventDefault()
    letters[event.key]!()
  }

  onMounted(() => document.addEventListener('keydown', onKey))
  onUnmounted(() => document.removeEventListener('keydown', onKey))
}
