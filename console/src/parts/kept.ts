/** Reads what this browser keeps; nothing where it may keep nothing, as in a frame of another site. */
export function kept(name: string): string | null {
  try {
    return localStorage.getItem(name)
  } catch {
    return null
  }
}

/** Keeps a choice for the next visit, where the browser allows it. */
export function keep(name: string, value: string) {
  try {
    localStorage.setItem(name, value)
  } catch {
    // The choice holds until the page is left.
  }
}
