import type { RouteRecordRaw } from 'vue-router'

export const listRoutes: RouteRecordRaw[] = [
  { path: '/p/:program/:list', component: () => import('./list.vue'), props: true },
]
