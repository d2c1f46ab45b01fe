import type { RouteRecordRaw } from 'vue-router'

/** Drawn from what programs declare; `GET /api/programs` says which lists a role has. */
export const listRoutes: RouteRecordRaw[] = [
  { path: '/p/:program', component: () => import('./lists.vue'), props: true },
  { path: '/p/:program/:list', component: () => import('./list.vue'), props: true },
]
