import type { Ref } from 'vue'
import { useUnreadNotices } from './recognition/notices/unread'

/** Screens whose menu entry tells how much waits there. */
export const badges: Record<string, () => Ref<number>> = {
  '/recognition/notices': useUnreadNotices,
}
