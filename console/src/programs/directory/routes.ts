import type { RouteRecordRaw } from 'vue-router'

export const directoryRoutes: RouteRecordRaw[] = [
  { path: '/directory', component: () => import('./tree/tree.vue'), meta: { screen: '/directory' } },
  { path: '/directory/map', component: () => import('./map/map.vue'), meta: { screen: '/directory' } },
  { path: '/directory/areas', component: () => import('./areas/areas.vue'), meta: { screen: '/directory' } },
  { path: '/directory/import', component: () => import('./import/import.vue'), meta: { screen: '/directory/import' } },
  {
    path: '/directory/institution/:id',
    component: () => import('./institution/institution.vue'),
    props: true,
    meta: { screen: '/directory' },
  },
]
