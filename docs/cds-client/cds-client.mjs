// A client of CDS Hooks 2.0 for a hospital's order system: to be copied and changed. Plain JavaScript, no dependencies
// (Node 18 or later).
//
// The one rule: an order never waits for a card. Whatever goes wrong here, the doctor goes on, and `ask` says that
// nothing is known.

import { randomUUID } from 'node:crypto'

/** How long the order system waits. The server answers within 500 ms; the rest is the way there and back. */
const WAIT_MILLIS = 800
/** Feedback that could not be sent is tried again so many times. */
const TRIES = 3

export class CdsClient {
  /**
   * `base`: such as `https://record.example.org`. `token`: a bearer token of an account of this hospital.
   * `language`: `zh` or `en`.
   */
  constructor({ base, token, language = 'zh', fetch = globalThis.fetch }) {
    Object.assign(this, { base: base.replace(/\/$/, ''), token, language, fetch })
  }

  /** The services by hook. Ask once at the start, and again when an answer is 404. */
  async discover() {
    const { services } = await this.#send('GET', '/cds-services')
    this.services = new Map(services.map((service) => [service.hook, service]))
    return this.services
  }

  /**
   * Asks for cards. `patient` and `encounter` are resources as this hospital has them; `orders` are drafts
   * (ServiceRequest, MedicationRequest …) with ids; `selected` are the ids of those that were just chosen.
   * Never throws: `known` is false where the answer is not known.
   */
  async ask({ hook, user, department, patient, encounter, orders = [], selected }) {
    try {
      if (!this.services) await this.discover()
      const service = this.services.get(hook)
      if (!service) return { known: true, cards: [] }
      const name = (order) => `${order.resourceType}/${order.id}`
      const context = { userId: user, patientId: patient.id }
      if (encounter) context.encounterId = encounter.id
      if (hook !== 'patient-view') {
        context.draftOrders = {
          resourceType: 'Bundle',
          type: 'collection',
          entry: orders.map((resource) => ({ resource })),
        }
      }
      if (hook === 'order-select') context.selections = selected ?? orders.map(name)
      // Send what the service asks for and this system has, under the service's own names.
      const here = { patient, encounter }
      const asked = Object.keys(service.prefetch ?? {}).filter((key) => here[key])
      const call = {
        hook,
        hookInstance: randomUUID(),
        context,
        prefetch: Object.fromEntries(asked.map((key) => [key, here[key]])),
      }
      if (department) call.extension = { 'urn:jingluo:department': department }
      const { cards } = await this.#send('POST', `/cds-services/${service.id}`, call)
      // A remark is no card: it says what is not known, and asks for nothing.
      const remarks = cards.filter((card) => !card.uuid)
      const code = (card) => card.extension?.['urn:jingluo:card']?.code
      const known = !remarks.some((card) => ['not-known', 'failed', 'other-identity'].includes(code(card)))
      return { known, cards: cards.filter((card) => card.uuid), remarks: remarks.map((card) => card.summary) }
    } catch (error) {
      // 412: the platform does not know this patient yet. Anything else is for the hospital's own log.
      return { known: false, cards: [], remarks: [], error: error.message }
    }
  }

  /** The doctor takes what the card suggests. Carry its actions out: `delete` takes the order of `resourceId` out. */
  async accept(hook, card) {
    const suggestion = card.suggestions[0]
    await this.#feedback(hook, {
      card: card.uuid,
      outcome: 'accepted',
      acceptedSuggestions: [{ id: suggestion.uuid }],
    })
    return suggestion.actions ?? []
  }

  /**
   * The doctor orders anyway, for one of `card.overrideReasons`. `toldPatient` says whether purpose and necessity were
   * explained to the patient; a comment that says what was explained does as well.
   */
  async override(hook, card, reason, comment, toldPatient) {
    const overrideReason = { reason: { system: reason.system, code: reason.code } }
    if (comment) overrideReason.userComment = comment
    const entry = { card: card.uuid, outcome: 'overridden', overrideReason }
    if (toldPatient !== undefined) entry.extension = { 'urn:jingluo:told-patient': toldPatient }
    await this.#feedback(hook, entry)
  }

  /** The card was closed without a choice. */
  async close(hook, card) {
    await this.#feedback(hook, { card: card.uuid, outcome: 'overridden' })
  }

  /** Sent again after an error: the same feedback twice is kept once. */
  async #feedback(hook, entry) {
    const body = { feedback: [{ ...entry, outcomeTimestamp: new Date().toISOString() }] }
    for (let nth = 1; ; nth += 1) {
      try {
        return await this.#send('POST', `/cds-services/${this.services.get(hook).id}/feedback`, body)
      } catch (error) {
        const again = error.status === undefined || error.status === 503
        if (!again || nth === TRIES) throw error
      }
    }
  }

  async #send(method, path, body) {
    const headers = { Accept: 'application/json', 'Accept-Language': this.language }
    if (this.token) headers.Authorization = `Bearer ${this.token}`
    if (body) headers['Content-Type'] = 'application/json'
    const request = { method, headers, body: body && JSON.stringify(body), signal: AbortSignal.timeout(WAIT_MILLIS) }
    const response = await this.fetch(this.base + path, request)
    const answer = await response.json()
    if (!response.ok) {
      const text = answer.issue?.[0]?.diagnostics ?? answer.feedback?.[0]?.text ?? 'no reason given'
      throw Object.assign(new Error(`${response.status}: ${text}`), { status: response.status })
    }
    return answer
  }
}
