import type { RouteRecordRaw } from 'vue-router'

const BASE = '/recognition'

function screen(name: string, component: () => Promise<unknown>): RouteRecordRaw {
  return { path: `${BASE}/${name}`, component, meta: { screen: `${BASE}/${name}` } } as RouteRecordRaw
}

export const recognitionRoutes: RouteRecordRaw[] = [
  screen('workstation', () => import('./workstation/workstation.vue')),
  screen('catalogue', () => import('./catalogue/catalogue.vue')),
  screen('codes', () => import('./codes/codes.vue')),
  screen('statistics', () => import('./statistics/statistics.vue')),
  screen('supervision', () => import('./supervision/supervision.vue')),
  screen('notices', () => import('./notices/notices.vue')),
  { path: `${BASE}/result/:card`, component: () => import('./view/own.vue'), props: true },
  // Opens inside another system: who has the link sees it, for a short while.
  { path: '/view/:token', component: () => import('./view/view.vue'), props: true, meta: { open: true, alone: true } },
]
