// Tries the client out: orders some codes for a patient, shows the cards, and ends them one after the other by accepting,
// overriding and closing.
//
//   node try.mjs --base http://127.0.0.1:8080 --token TOKEN --patient ID --system urn:local:codes --code CBC --code CT

import { parseArgs } from 'node:util'
import { CdsClient } from './cds-client.mjs'

const text = { type: 'string' }
const { values } = parseArgs({
  options: {
    base: text,
    token: text,
    patient: text,
    system: text,
    user: { ...text, default: 'Practitioner/demo' },
    code: { ...text, multiple: true, default: [] },
  },
})
const client = new CdsClient(values)
const patient = { resourceType: 'Patient', id: values.patient }
const orders = values.code.map((code, nth) => ({
  resourceType: 'ServiceRequest',
  id: `draft-${nth + 1}`,
  status: 'draft',
  intent: 'order',
  subject: { reference: `Patient/${values.patient}` },
  code: { coding: [{ system: values.system, code }] },
}))

const hook = 'order-sign'
const { known, cards, remarks, error } = await client.ask({ hook, user: values.user, patient, orders })
if (!known) console.log(`not known: ${error ?? remarks.join('; ')}`)
else if (cards.length === 0) console.log('no card: no earlier result may be used, or the code is not mapped')
for (const remark of known ? remarks : []) console.log(remark)
for (const [nth, card] of cards.entries()) {
  console.log(`${card.indicator}: ${card.summary}`)
  for (const link of card.links ?? []) console.log(`  ${link.label}: ${link.url}`)
  const reason = card.overrideReasons?.[0]
  if (nth % 3 === 0 && card.suggestions) {
    const actions = await client.accept(hook, card)
    console.log(`  accepted; ${actions.map((action) => `${action.type} ${action.resourceId}`).join(', ')}`)
  } else if (nth % 3 === 1 && reason) {
    await client.override(hook, card, reason, 'tried out', true)
    console.log(`  overridden: ${reason.display}`)
  } else {
    await client.close(hook, card)
    console.log('  closed')
  }
}
