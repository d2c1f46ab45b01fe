import { dayOf } from '@/format/dates'
import { showCount } from '@/format/numbers'
import { t } from '@/i18n'
import type { City, TrendDay } from './api'
import { weekMean } from './compare'

/** Colours and letter size as the page has them now. */
export interface Look {
  accent: string
  second: string
  third: string
  ink: string
  soft: string
  faint: string
  line: string
  card: string
  /** In pixels. */
  letter: number
}

type Option = Record<string, unknown>

/** Visits of each hour against the usual. */
export function hoursOption(city: City, look: Look): Option {
  const hours = city.hours.map((_, hour) => String(hour))
  return {
    ...frame(look),
    tooltip: tooltip(look, (index) => [
      `${index}:00–${index + 1}:00`,
      line(t('overview.hour-this'), city.hours[index]),
      line(t('overview.hour-usual'), city.usual_hours[index]),
    ]),
    grid: { left: look.letter * 4, right: 8, top: look.letter, bottom: look.letter * 2 },
    xAxis: { ...categories(look, hours), axisLabel: { color: look.soft, fontSize: look.letter, interval: 2 } },
    yAxis: amounts(look),
    series: [
      {
        type: 'bar',
        data: city.hours,
        barCategoryGap: '25%',
        itemStyle: { color: look.accent, borderRadius: [2, 2, 0, 0] },
      },
      {
        type: 'line',
        data: city.usual_hours,
        smooth: 0.3,
        symbol: 'none',
        lineStyle: { color: look.second, width: 2 },
      },
    ],
  }
}

/** A trend is not shorter; and after so many days without anything the record begins anew. */
const TREND_DAYS_MIN = 14

/** The days since the record began: before, nothing is known, which is not nought. */
export function trendDays(trend: TrendDay[]): TrendDay[] {
  let start = 0
  let quiet = 0
  trend.forEach((one, at) => {
    quiet = one.visits === 0 && one.reports === 0 ? quiet + 1 : 0
    if (quiet >= TREND_DAYS_MIN) start = at + 1
  })
  return trend.slice(Math.max(0, Math.min(start, trend.length - TREND_DAYS_MIN)))
}

/** Visits and reports of 90 days above, report cards below: they are too few for the same axis. */
export function trendOption(city: City, look: Look): Option {
  const trend = trendDays(city.trend)
  const days = trend.map((one) => one.day)
  const unfinished = dayOf(city.as_of)
  // A day that still runs would look like a fall; the tip tells what it has so far.
  const finished = (one: TrendDay, value: number | null) => (one.day === unfinished ? null : value)
  const visits = trend.map((one) => finished(one, one.visits))
  const reports = trend.map((one) => finished(one, one.reports))
  const upper = (name: string, values: (number | null)[], color: string) => [
    { type: 'line', name, data: values, symbol: 'none', lineStyle: { color, width: 1, opacity: 0.4 } },
    { type: 'line', name, data: weekMean(values), symbol: 'none', lineStyle: { color, width: 2.5 } },
  ]
  const labels = {
    color: look.soft,
    fontSize: look.letter,
    interval: Math.max(0, Math.round(trend.length / 7) - 1),
    formatter: (day: string) => day.slice(5),
  }
  const width = look.letter * 4
  return {
    ...frame(look),
    axisPointer: { link: [{ xAxisIndex: 'all' }] },
    tooltip: tooltip(look, (index) => [
      days[index] ?? '',
      line(t('overview.visits'), trend[index]?.visits),
      line(t('overview.reports'), trend[index]?.reports),
      line(t('overview.cards'), trend[index]?.cards),
    ]),
    grid: [
      { left: width, right: 8, top: 8, height: '56%' },
      { left: width, right: 8, bottom: look.letter * 2, height: '20%' },
    ],
    xAxis: [
      { ...categories(look, days), gridIndex: 0, axisLabel: { show: false } },
      { ...categories(look, days), gridIndex: 1, axisLabel: labels },
    ],
    yAxis: [
      { ...amounts(look), gridIndex: 0 },
      { ...amounts(look), gridIndex: 1, splitNumber: 1 },
    ],
    series: [
      ...upper(t('overview.visits'), visits, look.accent),
      ...upper(t('overview.reports'), reports, look.third),
      {
        type: 'bar',
        xAxisIndex: 1,
        yAxisIndex: 1,
        data: trend.map((one) => one.cards),
        itemStyle: { color: look.second },
        barCategoryGap: '20%',
      },
    ],
  }
}

function frame(look: Look): Option {
  return { color: [look.accent, look.third, look.second] }
}

function categories(look: Look, data: string[]): Option {
  return { type: 'category', data, axisTick: { show: false }, axisLine: { lineStyle: { color: look.line } } }
}

function amounts(look: Look): Option {
  return {
    type: 'value',
    minInterval: 1,
    splitNumber: 3,
    axisLabel: { color: look.soft, fontSize: look.letter, formatter: shortAmount },
    splitLine: { lineStyle: { color: look.line } },
  }
}

/** `12k`: an axis has little room. */
function shortAmount(value: number): string {
  return value >= 10_000 ? `${value / 1000}k` : String(value)
}

function line(name: string, value: number | null | undefined): string {
  return value === null || value === undefined ? '' : `${name} ${showCount(value)}`
}

/** Text only: names come from data and must not become markup. */
function tooltip(look: Look, lines: (index: number) => string[]): Option {
  return {
    trigger: 'axis',
    confine: true,
    backgroundColor: look.card,
    borderColor: look.line,
    textStyle: { color: look.ink, fontSize: look.letter + 1 },
    formatter: (items: { dataIndex: number }[]) => {
      const box = document.createElement('div')
      box.innerText = lines(items[0]?.dataIndex ?? 0)
        .filter(Boolean)
        .join('\n')
      return box
    },
  }
}
