/** Sentences of the guided first visit. */
export const tourWords = {
  'tour.title': { zh: '第一次来', en: 'First visit' },
} as const
