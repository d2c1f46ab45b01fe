import type { RouteRecordRaw } from 'vue-router'

export const overviewRoutes: RouteRecordRaw[] = [
  { path: '/overview', component: () => import('./board.vue'), meta: { screen: '/overview' } },
]
