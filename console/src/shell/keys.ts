import { onMounted, onUnmounted } from 'vue'

const SEQUENCE_MS = 1200

export interface Keys {
  /** `g` and then this letter; true where the letter leads somewhere. */
  go: (letter: string) => boolean
  help: () => void
  palette: () => void
}

/** The element that `/` goes to is marked with `data-search`. */
function focusSearch() {
  const boxes = [...document.querySelectorAll<HTMLElement>('[data-search]')]
  const seen = boxes.filter((box) => box.offsetParent !== null)
  const box = seen.find((candidate) => candidate.closest('main')) ?? seen[0]
  const input = box instanceof HTMLInputElement ? box : box?.querySelector('input')
  input?.focus()
  input?.select()
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT|IFRAME)$/.test(target.tagName))
  )
}

export function useKeys(keys: Keys) {
  let gAt = 0

  function onKey(event: KeyboardEvent) {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
      event.preventDefault()
      keys.palette()
      return
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || isTyping(event.target)) return
    const afterG = performance.now() - gAt < SEQUENCE_MS
    gAt = 0
    if (afterG && keys.go(event.key)) event.preventDefault()
    else if (event.key === 'g') gAt = performance.now()
    else if (event.key === '?') keys.help()
    else if (event.key === '/') {
      event.preventDefault()
      focusSearch()
    }
  }

  onMounted(() => document.addEventListener('keydown', onKey))
  onUnmounted(() => document.removeEventListener('keydown', onKey))
}
