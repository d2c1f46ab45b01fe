/** Sentences of the screens that are drawn from what a program declares. */
export const listWords = {
  'list.menu': { zh: '名单', en: 'Lists' },
  'list.search': { zh: '查找', en: 'Find' },
  'list.search-in': { zh: '在“{list}”中查找', en: 'Find in “{list}”' },
  'list.filters': { zh: '筛选', en: 'Filters' },
  'list.any': { zh: '全部', en: 'Any' },
  'list.clear': { zh: '清除条件', en: 'Clear' },
  'list.csv': { zh: '下载 CSV', en: 'Download CSV' },
  'list.total-shown': { zh: '共 {n} 项，已显示 {shown} 项', en: '{n} in all, {shown} shown' },
  'list.shown': { zh: '已显示 {n} 项，还有更多', en: '{n} shown, there are more' },
  'list.all-shown': { zh: '共 {n} 项', en: '{n} in all' },
  'list.none': {
    zh: '没有符合条件的内容。可以换个词，或清除条件。',
    en: 'Nothing matches. Try another word, or clear the filters.',
  },
  'list.empty': { zh: '这里还没有内容。', en: 'There is nothing here yet.' },
  'list.changed': { zh: '有新的变化，点此刷新', en: 'There are changes; refresh' },
  'list.sort': { zh: '按“{column}”排序', en: 'Sort by {column}' },
  'list.keys': { zh: '/ 查找，↑ ↓ 选择，回车打开', en: '/ to find, ↑ ↓ to choose, Enter to open' },
  'list.unknown': {
    zh: '没有这份名单，或者您的角色不能使用。',
    en: 'There is no such list, or your role may not use it.',
  },
  'list.lists': { zh: '{program}：名单', en: '{program}: lists' },
} as const
