import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router'
import { hasScreen, loadPrograms, programsKnown } from './api/programs'
import { currentSession, type Role } from './api/session'
import { routes as programRoutes } from './programs'
import { menuOf, startOf } from './shell/menu'

declare module 'vue-router' {
  interface RouteMeta {
    /** Needs no session. */
    open?: boolean
    /** Shown inside another system: nobody's session is looked for. */
    alone?: boolean
    /** Only these roles have this screen; none = every role. */
    roles?: Role[]
    /** Only who is offered this screen by `GET /api/programs` has it. */
    screen?: string
  }
}

const routes: RouteRecordRaw[] = [
  { path: '/login', component: () => import('./login/login.vue'), meta: { open: true } },
  { path: '/', component: () => import('./home/home.vue'), meta: { roles: ['integration', 'officer', 'clinician'] } },
  {
    path: '/residents',
    component: () => import('./records/search.vue'),
    meta: { roles: ['integration', 'clinician'] },
  },
  {
    path: '/residents/:kind(person|patient)/:id',
    component: () => import('./records/resident.vue'),
    props: true,
    meta: { roles: ['integration', 'clinician', 'resident'] },
  },
  { path: '/r/:type/:id', component: () => import('./records/resource.vue'), props: true },
  { path: '/browse', component: () => import('./records/types.vue') },
  { path: '/browse/:type', component: () => import('./records/browser.vue'), props: true },
  { path: '/imports', component: () => import('./imports/imports.vue'), meta: { roles: ['integration'] } },
  { path: '/accounts', component: () => import('./accounts/accounts.vue'), meta: { roles: ['admin'] } },
  {
    path: '/parameters',
    component: () => import('./parameters/parameters.vue'),
    meta: { roles: ['admin', 'integration'] },
  },
  { path: '/rules', component: () => import('./rules/rules.vue'), meta: { roles: ['officer', 'integration'] } },
  { path: '/audit', component: () => import('./accounts/audit.vue') },
  ...programRoutes,
  { path: '/:rest(.*)*', component: () => import('./shell/not-found.vue') },
]

export const router = createRouter({
  history: createWebHistory(),
  routes,
  scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path ? false : { top: 0 }),
})

router.beforeEach(async (to) => {
  if (to.meta.alone) return true
  const session = await currentSession().catch(() => null)
  if (to.meta.open) return true
  if (!session) return { path: '/login', query: to.fullPath === '/' ? {} : { next: to.fullPath } }
  const known = loadPrograms(session)
  if (to.meta.screen) await known
  if (to.meta.screen && programsKnown.value && !hasScreen(to.meta.screen)) return startOf(session)
  if (to.meta.roles && !to.meta.roles.includes(session.role)) return startOf(session)
  if (session.role === 'admin' && !menuOf(session).some((entry) => entry.path === to.path)) return startOf(session)
  return true
})
