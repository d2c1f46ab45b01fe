import { computed, ref, watchEffect } from 'vue'
import { language } from '@/i18n'
import { keep, kept } from '@/parts/kept'

export type Theme = 'light' | 'dark' | 'system'

const THEME = 'jingluo.theme'
const LARGE = 'jingluo.large'
const LANGUAGE = 'jingluo.language'
const prefersDark = matchMedia('(prefers-color-scheme: dark)')
const systemDark = ref(prefersDark.matches)

function keptTheme(): Theme {
  const theme = kept(THEME)
  return theme === 'light' || theme === 'dark' ? theme : 'system'
}

export const theme = ref<Theme>(keptTheme())
export const large = ref(kept(LARGE) === 'yes')
export const dark = computed(() => theme.value === 'dark' || (theme.value === 'system' && systemDark.value))

export function toggleTheme() {
  theme.value = dark.value ? 'light' : 'dark'
}

/** Puts the choices on the page and keeps them for the next visit. */
export function applyPreferences() {
  prefersDark.addEventListener('change', (event) => (systemDark.value = event.matches))
  if (kept(LANGUAGE) === 'en') language.value = 'en'
  watchEffect(() => {
    document.documentElement.lang = language.value === 'zh' ? 'zh-CN' : 'en'
    keep(LANGUAGE, language.value)
    document.documentElement.classList.toggle('dark', dark.value)
    document.documentElement.classList.toggle('large', large.value)
    keep(THEME, theme.value)
    keep(LARGE, large.value ? 'yes' : 'no')
  })
}
