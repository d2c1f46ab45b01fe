import type { RouteRecordRaw } from 'vue-router'
import { directoryRoutes } from './directory/routes'
import { listRoutes } from './lists/routes'
import { overviewRoutes } from './overview/routes'
import { recognitionRoutes } from './recognition/routes'

/**
 * Every program's own screens. A program is a folder named here. Which of them a role has, the server says
 * (`GET /api/programs`): a route names the screen it belongs to in `meta.screen`.
 */
export const routes: RouteRecordRaw[] = [...overviewRoutes, ...directoryRoutes, ...recognitionRoutes, ...listRoutes]
