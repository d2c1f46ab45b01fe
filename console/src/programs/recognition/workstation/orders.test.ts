import { expect, test } from 'vitest'
import type { Card } from '@/cards/api'
import type { Item } from '../api'
import { draftOf, isRecognised, place, undecided, type Line } from './orders'

const ITEM = { item: 'glucose', name: { zh: '血糖', en: 'Glucose' }, local: [] } as unknown as Item

function line(id: string): Line {
  return { id, item: ITEM, state: 'asking', cards: [], error: null, millis: null }
}

function card(uuid: string, order: string | null, kind: 'offer' | 'information' = 'offer'): Card {
  const extension = { 'urn:jingluo:card': { kind, order } }
  return { uuid, summary: uuid, indicator: 'info', source: { label: '' }, extension }
}

test('cards come to their orders; the same card shown again stays one card', () => {
  const first = place([line('a'), line('b')], [card('1', 'a')], ['a'], 9)
  expect(first.map((one) => [one.state, one.cards.length, one.millis])).toEqual([
    ['answered', 1, 9],
    ['asking', 0, null],
  ])
  const again = place(first, [card('1', 'a'), card('2', null)], ['b'], 5)
  expect(again.map((one) => one.cards.map((shown) => shown.uuid))).toEqual([['1'], ['2']])
})

test('information asks for nothing; one recognised result answers the order', () => {
  const both = { ...line('a'), cards: [card('1', 'a'), card('2', 'a', 'information'), card('3', 'a')] }
  expect(undecided(both, new Map()).map((one) => one.uuid)).toEqual(['1', '3'])
  const kept = new Map([['3', { decision: 'order-anyway' as const, reason: '' }]])
  expect(undecided(both, kept).map((one) => one.uuid)).toEqual(['1'])
  kept.set('1', { decision: 'order-anyway', reason: '' })
  expect(isRecognised(both, kept)).toBe(false)
  const used = new Map([['1', { decision: 'recognise' as const, reason: '' }]])
  expect(isRecognised(both, used)).toBe(true)
  expect(undecided(both, used)).toEqual([])
})

test('an order goes out in the hospital’s own code where there is one', () => {
  expect(draftOf(line('a'), 'zh', '').codings[0]).toEqual({
    system: 'urn:jingluo:recognition:item',
    code: 'glucose',
    display: '血糖',
  })
  const own = { ...ITEM, local: [{ system: 'urn:jingluo:local:org-h1', code: 'GLU', name: '葡萄糖' }] }
  const draft = draftOf({ id: 'a', item: own }, 'en', '复查')
  expect(draft).toMatchObject({ text: '葡萄糖', reason: '复查', codings: [{ code: 'GLU' }] })
})
