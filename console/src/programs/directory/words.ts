/** Sentences of the directory. */
export const directoryWords = {
  'directory.title': { zh: '机构与人员', en: 'Directory' },
} as const
