/** Sentences of the screens that are drawn from what a program declares. */
export const listWords = {
  'list.all': { zh: '全部名单', en: 'All lists' },
} as const
