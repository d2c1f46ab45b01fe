/** Sentences of the city clock. */
export const clockWords = {
  'clock.title': { zh: '城市时钟', en: 'City clock' },
  'clock.why': {
    zh: '演示城市有自己的时间，走得越快，新数据来得越快。',
    en: 'The demonstration city has a time of its own; the faster it runs, the faster new data come.',
  },
  'clock.pace': { zh: '快慢', en: 'Pace' },
  'clock.pause': { zh: '暂停', en: 'Pause' },
  'clock.run': { zh: '继续', en: 'Continue' },
  'clock.paused': { zh: '已暂停', en: 'Paused' },
  'clock.pace-1': { zh: '实际速度', en: 'real time' },
  'clock.pace-60': { zh: '一秒一分钟', en: 'a minute each second' },
  'clock.pace-600': { zh: '一秒十分钟', en: '10 minutes each second' },
  'clock.pace-3600': { zh: '一秒一小时', en: 'an hour each second' },
  'clock.until': { zh: '可走到 {date}', en: 'Runs until {date}' },
  'clock.ended': { zh: '演示时间已走完', en: 'The demonstration has run its time' },
} as const
