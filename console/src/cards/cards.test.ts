import { describe, expect, test } from 'vitest'
import type { Json } from '@/api/fhir'
import { isOffer, orderOf, reasonsOf, request, viewOf, type Card } from './api'
import { entryOf, isCharted } from './entry'
import { blocksOf } from './markdown'

const CARD: Card = {
  uuid: 'c1',
  summary: 'x',
  indicator: 'info',
  source: { label: 'y' },
  links: [{ label: 'z', url: 'https://city.example/view/abc.DEF_1-2', type: 'absolute' }],
  suggestions: [{ label: 'a', uuid: 's', actions: [{ type: 'delete', resourceId: 'ServiceRequest/o-2' }] }],
  overrideReasons: [{ system: 's', code: 'emergency', display: '急诊' }],
}

describe('cards', () => {
  test('a card of the bare standard says which order it is about and where its viewer is', () => {
    expect(orderOf(CARD)).toBe('o-2')
    expect(viewOf(CARD)).toBe('/view/abc.DEF_1-2')
    expect(isOffer(CARD)).toBe(true)
    expect(reasonsOf(CARD)).toEqual([{ code: 'emergency', zh: '急诊', en: '急诊' }])
  })

  test('what the platform adds goes before', () => {
    const own = { kind: 'information' as const, order: 'ServiceRequest/o-7', reasons: [] }
    const card: Card = { ...CARD, extension: { 'urn:jingluo:card': own } }
    expect(orderOf(card)).toBe('o-7')
    expect(isOffer(card)).toBe(false)
    expect(reasonsOf(card)).toEqual([])
  })

  test('a request names drafts and selections as CDS Hooks has them', () => {
    const order = { id: 'o-1', codings: [{ system: 's', code: 'c' }], text: '血糖', reason: '术前检查' }
    const moment = { patient: 'p', encounter: null, user: 'Practitioner/x', orders: [order], chosen: ['o-1'] }
    const body = request('order-select', moment) as { context: Record<string, unknown> }
    expect(body.context).toMatchObject({ patientId: 'p', selections: ['ServiceRequest/o-1'] })
    expect(JSON.stringify(body.context.draftOrders)).toContain('"reasonCode":[{"text":"术前检查"}]')
    expect(request('patient-view', moment).context).toEqual({ userId: 'Practitioner/x', patientId: 'p' })
  })
})

describe('markdown', () => {
  test('paragraphs, lists, tables and bold, and nothing else', () => {
    const blocks = blocksOf(
      '**血糖** 5.6\n\n- a\n- b\n\n| 项目 | 值 |\n|---|---|\n| 钾 | 4.1 |\n\n<b>x</b> [y](javascript:z)',
    )
    expect(blocks.map((block) => block.kind)).toEqual(['text', 'list', 'table', 'text'])
    expect(blocks[0]).toEqual({
      kind: 'text',
      lines: [
        [
          { text: '血糖', strong: true },
          { text: ' 5.6', strong: false },
        ],
      ],
    })
    const table = blocks[2]!
    expect(table.kind === 'table' && [table.head[1]![0]!.text, table.rows[0]![1]![0]!.text]).toEqual(['值', '4.1'])
    const last = blocks[3]!
    expect(last.kind === 'text' && last.lines[0]![0]!.text).toBe('<b>x</b> y')
  })

  test('a signed number is no list', () => {
    expect(blocksOf('-5.2 mmol/L')[0]!.kind).toBe('text')
    expect(blocksOf('')).toEqual([])
  })
})

describe('a card in the record', () => {
  const issue = {
    resourceType: 'DetectedIssue',
    id: 'c1',
    status: 'final',
    code: { coding: [{ system: 'urn:jingluo:card', code: 'recognition' }] },
    detail: '血糖 5.6',
    identifiedDateTime: '2026-11-22T08:00:00+08:00',
    implicated: [{ reference: 'DiagnosticReport/r1' }],
    extension: [{ url: 'urn:jingluo:card:facts', extension: [{ url: 'item_zh', valueString: '血糖' }] }],
  }

  test('one that was only shown is no entry of the chart', () => {
    expect(entryOf(issue)).toMatchObject({ became: null, subject: { zh: '血糖', en: '' }, amended: false })
    expect(isCharted(issue)).toBe(false)
    expect(isCharted({ resourceType: 'DetectedIssue', id: 'x', code: { text: '药物相互作用' } })).toBe(true)
  })

  test('what was decided, for what reason, and that the report changed afterwards', () => {
    const outcome = { system: 'urn:jingluo:card:outcome', code: 'overridden' }
    const reason = { system: 'urn:jingluo:recognition:reason', code: 'emergency', display: '急诊抢救' }
    const mitigation = [
      {
        extension: [{ url: 'urn:jingluo:card:facts', extension: [{ url: 'reason_en', valueString: 'Rescue' }] }],
        action: { coding: [outcome, reason], text: '需立即复查' },
        date: '2026-11-22T08:01:00+08:00',
      },
      { action: { coding: [{ system: 'urn:jingluo:recognition:follow', code: 'withdrawn' }], text: '原报告已撤回' } },
    ]
    const entry = entryOf({ ...issue, status: 'amended', mitigation: mitigation as Json })
    expect(entry).toMatchObject({ became: 'overridden', explanation: '需立即复查', amended: true })
    expect(entry!.reason).toEqual({ zh: '急诊抢救', en: 'Rescue' })
    expect(entry!.remarks).toEqual([{ code: 'withdrawn', text: '原报告已撤回' }])
    expect(entry!.implicated).toEqual([{ type: 'DiagnosticReport', id: 'r1', name: '' }])
  })
})
