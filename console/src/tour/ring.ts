import { onMounted, onUnmounted, ref, type Ref } from 'vue'

/** In window pixels. */
export interface Ring {
  left: number
  top: number
  width: number
  height: number
}

const LOOK_MS = 200
const MARGIN = 4
/** The page's own header covers this much. */
const HEADER = 60

/** Follows the first of the elements that is on the page, wherever it moves; scrolls to it once. */
export function useRing(targets: Ref<string[]>): Ref<Ring | null> {
  const ring = ref<Ring | null>(null)
  let shown: Element | null = null
  let timer = 0

  function look() {
    const element = targets.value.map((target) => document.querySelector(target)).find((found) => found !== null)
    if (!element) {
      shown = null
      ring.value = null
      return
    }
    const box = element.getBoundingClientRect()
    if (element !== shown) {
      shown = element
      const outside = box.top < HEADER || box.top > window.innerHeight * 0.6
      if (outside) element.scrollIntoView({ block: 'center' })
    }
    const next = {
      left: Math.max(2, box.left - MARGIN),
      top: box.top - MARGIN,
      width: Math.min(box.width + 2 * MARGIN, window.innerWidth - 4),
      height: box.height + 2 * MARGIN,
    }
    if (JSON.stringify(next) !== JSON.stringify(ring.value)) ring.value = next
  }

  onMounted(() => {
    timer = window.setInterval(look, LOOK_MS)
    document.addEventListener('scroll', look, { capture: true, passive: true })
  })
  onUnmounted(() => {
    clearInterval(timer)
    document.removeEventListener('scroll', look, { capture: true })
  })
  return ring
}
