import type { RouteRecordRaw } from 'vue-router'
import type { Key } from '@/i18n'

/** A screen that a program brings: its folder beside this file holds the component. */
export interface ProgramScreen {
  route: RouteRecordRaw
  title: Key
  roles: string[]
}

/** Every program's own screens, in menu order. A program is a folder named here. */
export const screens: ProgramScreen[] = []
