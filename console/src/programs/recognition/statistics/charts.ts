import { t } from '@/i18n'
import type { Look } from '@/programs/overview/charts'
import type { FigureRow } from '../api'
import { showRate } from '../figures'

type Option = Record<string, unknown>

/** Months side by side: what became of the alerts, and the rate of alerts above. */
export function monthsOption(rows: FigureRow[], look: Look): Option {
  const months = rows.map((row) => row.key)
  const bars = (name: string, key: 'accepted' | 'overridden' | 'unanswered' | 'shown', color: string) => ({
    type: 'bar',
    stack: 'all',
    name,
    // A month whose outcomes are hidden is one bar of what was shown.
    data: rows.map((row) => ((row.accepted === null) === (key === 'shown') ? (row[key] ?? 0) : 0)),
    itemStyle: { color },
    barCategoryGap: '35%',
    barMaxWidth: look.letter * 6,
  })
  const width = look.letter * 4
  return {
    tooltip: {
      trigger: 'axis',
      confine: true,
      backgroundColor: look.card,
      borderColor: look.line,
      textStyle: { color: look.ink, fontSize: look.letter + 1 },
      formatter: (items: { dataIndex: number }[]) => tip(rows[items[0]?.dataIndex ?? 0]),
    },
    grid: { left: width, right: width, top: look.letter * 1.5, bottom: look.letter * 2 },
    xAxis: {
      type: 'category',
      data: months,
      axisTick: { show: false },
      axisLine: { lineStyle: { color: look.line } },
      axisLabel: { color: look.soft, fontSize: look.letter, formatter: (month: string) => month.slice(2) },
    },
    yAxis: [
      {
        type: 'value',
        minInterval: 1,
        splitNumber: 3,
        axisLabel: { color: look.soft, fontSize: look.letter },
        splitLine: { lineStyle: { color: look.line } },
      },
      {
        type: 'value',
        min: 0,
        max: 100,
        interval: 50,
        axisLabel: { color: look.soft, fontSize: look.letter, formatter: '{value}%' },
        splitLine: { show: false },
      },
    ],
    series: [
      bars(t('rec.accepted'), 'accepted', look.accent),
      bars(t('rec.overridden'), 'overridden', look.second),
      bars(t('rec.unanswered'), 'unanswered', look.line),
      ...(anyHidden(rows) ? [bars(t('rec.shown-only'), 'shown', look.soft)] : []),
      {
        type: 'line',
        yAxisIndex: 1,
        name: t('rec.rate-alerts'),
        data: rows.map((row) => row.rate_alerts),
        symbol: 'circle',
        symbolSize: 6,
        lineStyle: { color: look.third, width: 2 },
        itemStyle: { color: look.third },
      },
    ],
  }
}

/** Whether the outcomes of a month are hidden of which it is told how many hints there were. */
export function anyHidden(rows: FigureRow[]): boolean {
  return rows.some((row) => row.accepted === null && row.shown !== null)
}

/** Text only: names come from data and must not become markup. */
function tip(row: FigureRow | undefined): HTMLElement | string {
  if (!row) return ''
  const box = document.createElement('div')
  const line = (name: string, value: number | null) => (value === null ? '' : `${name} ${value}`)
  box.innerText = [
    row.key,
    line(t('rec.shown'), row.shown),
    line(t('rec.accepted'), row.accepted),
    line(t('rec.overridden'), row.overridden),
    line(t('rec.unanswered'), row.unanswered),
    `${t('rec.rate-alerts')} ${showRate(row.rate_alerts)}`,
  ]
    .filter(Boolean)
    .join('\n')
  return box
}

/** Twelve months that end with the month of a day. */
export function yearUntil(day: string): { from: string; to: string } {
  const [year, month] = day.split('-').map(Number) as [number, number]
  const first = new Date(Date.UTC(year, month - 12, 1)).toISOString().slice(0, 10)
  return { from: first, to: day }
}

/** The days of a month, `2026-03`. */
export function daysOfMonth(month: string): { from: string; to: string } {
  const [year, number] = month.split('-').map(Number) as [number, number]
  return { from: `${month}-01`, to: new Date(Date.UTC(year, number, 0)).toISOString().slice(0, 10) }
}
