import { expect, test, type APIRequestContext, type Browser, type Page } from '@playwright/test'
import { fits, logInAs, look, PHONE, shot, watch, WIDE } from './steps'

const READY_MS = 180_000
/** As a page inside another system. */
const FRAME = { width: 460, height: 640 }

interface Offer {
  patient: string
  name: string
  item: string
  fen: number | null
}

interface Session {
  csrf: string
}

async function csrfOf(request: APIRequestContext): Promise<Record<string, string>> {
  const session = (await (await request.get('/api/session')).json()) as Session
  return { 'X-CSRF': session.csrf }
}

interface Item {
  item: string
  name: { zh: string }
  fen: number | null
  negative: unknown
}

/** Offers that the rules make to this doctor now; waits while the data of the demonstration still come in. */
async function offers(page: Page, wanted: number): Promise<Offer[]> {
  const found: Offer[] = []
  await expect(async () => {
    found.length = 0
    const headers = await csrfOf(page.request)
    const items = (await (await page.request.get('/api/programs/recognition/items')).json()).items as Item[]
    const orders = items.filter((item) => !item.negative).map((item) => ({ id: item.item, item: item.item }))
    const bundle = await (await page.request.get('/fhir/DiagnosticReport?_sort=-date&_count=100')).json()
    const subjects = (bundle.entry ?? []).map((entry: { resource: { subject: { reference: string } } }) =>
      entry.resource.subject.reference.replace('Patient/', ''),
    )
    // The doctors of the demonstration have decided about some already; in the same visit those are not shown again.
    const shown = await (await page.request.get('/fhir/DetectedIssue?_count=1000&_elements=patient')).json()
    const decided = new Set<string>(
      (shown.entry ?? []).map((entry: { resource: Issue }) => entry.resource.patient.reference.replace('Patient/', '')),
    )
    expect(decided.size, 'the past has been asked about').toBeGreaterThan(0)
    for (const patient of [...new Set<string>(subjects)].filter((one) => !decided.has(one))) {
      for (let at = 0; at < orders.length && found.length < wanted; at += 20) {
        const data = { patient, orders: orders.slice(at, at + 20) }
        const answer = await page.request.post('/api/programs/recognition/check', { data, headers })
        expect(answer.ok(), await answer.text()).toBe(true)
        const answers = (await answer.json()).answers as { order: string; answer: string }[]
        const usable = answers.find((one) => one.answer === 'offer')
        const item = items.find((one) => one.item === usable?.order)
        if (item) {
          found.push({ patient, name: item.name.zh, item: item.item, fen: item.fen })
          break
        }
      }
    }
    expect(found.length, 'offers').toBeGreaterThanOrEqual(wanted)
  }).toPass({ timeout: READY_MS, intervals: [2000] })
  return found
}

async function order(page: Page, offer: Offer) {
  const box = page.getByRole('combobox', { name: /开检查检验/ })
  await box.fill(offer.name)
  const listed = page.getByRole('listbox').getByRole('option')
  await listed
    .filter({ has: page.getByText(offer.name, { exact: true }) })
    .first()
    .click()
  await expect(page.locator(`[data-order="${offer.item}"] [data-card]`).first()).toBeVisible()
}

test.describe.configure({ mode: 'serial' })

test('an order, its hint, the report in a frame, the decision and the chart', async ({ page, browser }) => {
  test.setTimeout(READY_MS + 90_000)
  await page.setViewportSize(WIDE)
  await look(page, {})
  const seen = watch(page)
  await logInAs(page, 'clinician')
  const [first, second] = (await offers(page, 2)) as [Offer, Offer]

  await page.goto('/recognition/workstation')
  await expect(page.locator('[data-patient]').first()).toBeVisible()
  await shot(page, 'recognition-patients')
  await page.goto(`/recognition/workstation?patient=${first.patient}`)
  await order(page, first)
  const hint = page.locator(`[data-order="${first.item}"] [data-card]`).first()
  await shot(page, 'recognition-hint')
  await framed(browser, page, hint)
  await hint.locator('[data-answer=use]').click()
  await expect(page.locator(`[data-order="${first.item}"]`)).toContainText('已互认')
  const chart = page.getByRole('complementary', { name: '病历里的互认记录' })
  await expect(chart.locator('[data-entry]').first()).toContainText('已互认')
  await page.locator('[data-sign]').click()
  await expect(page.getByText('已签发（模拟）')).toBeVisible()
  await shot(page, 'recognition-signed')

  await page.goto(`/recognition/workstation?patient=${second.patient}`)
  await order(page, second)
  const other = page.locator(`[data-order="${second.item}"] [data-card]`).first()
  await page.locator('h1').click()
  await page.keyboard.press('2')
  await expect(other.locator('[data-confirm]')).toBeDisabled()
  await other.getByRole('radio').first().check()
  await other.getByRole('textbox').fill('病情较前变化，需重新评估')
  await other.getByRole('checkbox').check()
  await shot(page, 'recognition-anyway')
  await other.locator('[data-confirm]').click()
  await expect(page.locator(`[data-order="${second.item}"]`)).toContainText('仍开单')

  await page.goto(`/residents/patient/${first.patient}`)
  await expect(page.locator('[data-entry]').first()).toBeVisible()
  await page.locator('[data-entry]').first().scrollIntoViewIfNeeded()
  await shot(page, 'recognition-chart')
  expect(seen.broken).toEqual([])
})

/** The report opens for whoever has the link, inside a page of another origin, without a session. */
async function framed(browser: Browser, page: Page, hint: ReturnType<Page['locator']>) {
  const [opened] = await Promise.all([
    page.context().waitForEvent('page'),
    hint.getByRole('button', { name: /看原报告/ }).click(),
  ])
  const url = opened.url()
  expect(url).toMatch(/\/view\//)
  await opened.close()
  const stranger = await browser.newContext({ viewport: FRAME, locale: 'zh-CN' })
  const other = await stranger.newPage()
  const seen = watch(other)
  await other.goto(url)
  await expect(other.getByText('仅限本患者')).toBeVisible()
  await fits(other)
  await shot(other, 'recognition-view')
  await other.setContent(`<iframe src="${url}" style="width:440px;height:600px;border:1px solid"></iframe>`)
  await expect(other.frameLocator('iframe').getByText('仅限本患者')).toBeVisible()
  await other.goto(`${url.slice(0, -4)}0000`)
  await expect(other.getByRole('alert')).toContainText('链接已失效')
  expect(seen.broken).toEqual([])
  await stranger.close()
}

test('nothing blocks: undecided hints, and a record that does not answer', async ({ page }) => {
  test.setTimeout(READY_MS)
  await page.setViewportSize(PHONE)
  await look(page, {})
  await logInAs(page, 'clinician')
  const offer = (await offers(page, 3))[2]!
  await page.goto(`/recognition/workstation?patient=${offer.patient}`)
  await order(page, offer)
  await fits(page)
  await shot(page, 'recognition-phone-hint')
  await page.locator('[data-sign]').click()
  await expect(page.getByRole('alert')).toContainText('还有 1 条提示没有决定')
  await page.locator('[data-sign]').click()
  await expect(page.getByText(/未答 1 条/)).toBeVisible()
  await page.route('**/cds-services/**', (route) => route.abort())
  const box = page.getByRole('combobox', { name: /开检查检验/ })
  await box.fill(offer.name)
  await page.getByRole('listbox').getByRole('option').first().click()
  await expect(page.getByText('暂时查不到互认结果，不影响开单。')).toBeVisible()
  await page.locator('[data-sign]').click()
  await expect(page.getByText('已签发（模拟）')).toBeVisible()
})

test('what was used and is withdrawn: the doctor is told, the chart says so', async ({ page, browser }) => {
  test.setTimeout(READY_MS)
  await page.setViewportSize(WIDE)
  await look(page, {})
  await logInAs(page, 'clinician')
  const bundle = await (await page.request.get('/fhir/DetectedIssue?_sort=-identified&_count=50')).json()
  const used = (bundle.entry as { resource: Issue }[])
    .map((entry) => entry.resource)
    .find((issue) => JSON.stringify(issue.mitigation ?? '').includes('"accepted"'))!
  const report = used.implicated.map((one) => one.reference).find((one) => one.startsWith('DiagnosticReport/'))!
  await withdraw(browser, report)
  await page.goto('/recognition/notices')
  const notice = page.locator(`[data-notice^="${used.id}-"]`).first()
  await expect(async () => {
    await page.reload()
    await expect(notice).toBeVisible({ timeout: 2000 })
  }).toPass({ timeout: 30_000 })
  await shot(page, 'recognition-notices')
  await page.goto(`/residents/patient/${used.patient.reference.replace('Patient/', '')}`)
  await expect(page.locator('[data-entry].amended').first()).toBeVisible()
  await expect(page.getByText('采用后有变化').first()).toBeVisible()
  await page.goto('/recognition/notices')
  await notice.getByRole('button', { name: '知道了' }).click()
  await expect(notice.getByRole('button', { name: '知道了' })).toHaveCount(0)
})

interface Issue {
  id: string
  patient: { reference: string }
  implicated: { reference: string }[]
  mitigation?: unknown
}

/** As the institution that issued it would: a new version that says it was wrong. */
async function withdraw(browser: Browser, reference: string) {
  const context = await browser.newContext()
  const page = await context.newPage()
  await logInAs(page, 'integration')
  const headers = { ...(await csrfOf(page.request)), 'Content-Type': 'application/fhir+json' }
  const report = await (await page.request.get(`/fhir/${reference}`)).json()
  const data = { ...report, status: 'entered-in-error' }
  const answer = await page.request.put(`/fhir/${reference}`, { data, headers })
  expect(answer.ok(), await answer.text()).toBe(true)
  await context.close()
}

test('the catalogue: a day, an item, who holds a mark', async ({ page }) => {
  await page.setViewportSize(WIDE)
  await look(page, {})
  const seen = watch(page)
  await logInAs(page, 'city-officer')
  await page.goto('/recognition/catalogue')
  const items = page.locator('[data-item]')
  await expect(items.first()).toBeVisible({ timeout: READY_MS })
  await items.first().click()
  await expect(page.locator('.facts').first()).toBeVisible()
  await shot(page, 'recognition-catalogue')
  await page.getByPlaceholder('项目名称、拼音、编码').fill('ct')
  await expect(page).toHaveURL(/q=ct/)
  await expect(items.first()).toBeVisible()
  await page.locator('[data-choice=marks]').click()
  await expect(page.getByRole('heading', { name: '各机构的标识（按质评结果）' })).toBeVisible()
  await shot(page, 'recognition-marks')
  await page.locator('input[type=date]').fill('2001-01-01')
  await page.locator('[data-choice=all]').click()
  await expect(page.getByText(/没有任何互认项目|没有符合的项目/)).toBeVisible()
  expect(seen).toEqual({ outside: [], broken: [] })
})

test('local codes: found, chosen, confirmed together, taken away', async ({ page }) => {
  await page.setViewportSize(WIDE)
  await look(page, {})
  await logInAs(page, 'city-officer')
  await page.goto('/recognition/codes')
  await expect(page.getByText(/个编码已对照/)).toBeVisible({ timeout: READY_MS })
  await shot(page, 'recognition-codes')
  // The common ones are sure at once; they go together.
  await page.locator('[data-choice=suggested]').click()
  const rows = page.locator('[data-code]')
  await expect(rows.first()).toBeVisible()
  await page.locator('[data-sure]').click()
  await expect(rows.locator('input:checked').first()).toBeVisible()
  await shot(page, 'recognition-codes-sure')
  const chosen = await rows.locator('input:checked').count()
  const one = rows.filter({ has: page.locator('input:checked') }).first()
  const [code, institution] = [await one.getAttribute('data-code'), await one.getAttribute('data-institution')]
  await page.locator('[data-confirm]').click()
  await expect(page.getByText(`已对照 ${chosen} 条`)).toBeVisible()
  // They leave the page, and those behind them may move up.
  await expect(page.locator(`[data-code="${code}"][data-institution="${institution}"]`)).toHaveCount(0)
  // One is taken away again, and chosen by hand.
  await page.goto(`/recognition/codes?institution=${institution}&state=mapped&q=${code}`)
  const again = page.locator(`[data-code="${code}"]`).first()
  await again.getByRole('button', { name: '取消对照' }).click()
  await expect(page.getByText('已取消 1 条对照')).toBeVisible()
  await page.locator('[data-choice=unmapped]').click()
  await again.getByRole('button', { name: '选择项目' }).click()
  await again.getByRole('combobox').fill('葡萄糖')
  await again.getByRole('option').first().click()
  await expect(again.locator('input:checked')).toBeVisible()
  await page.locator('[data-confirm]').click()
  await expect(page.getByText('已对照 1 条')).toBeVisible()
})

test('figures open their lists; a supervisor sees who never recognises', async ({ page }) => {
  await page.setViewportSize(WIDE)
  await look(page, {})
  const seen = watch(page)
  await logInAs(page, 'clinician')
  await page.goto('/recognition/statistics')
  await expect(page.locator('[data-figure=accepted] b')).toHaveText(/[1-9]/, { timeout: 30_000 })
  await expect(page.locator('[data-figure=rate-alerts]')).toContainText('%')
  await shot(page, 'recognition-statistics')
  await page.locator('[data-choice=hospital]').click()
  await expect(page).toHaveURL(/by=hospital/)
  await page.locator('[data-figure=accepted] a').click()
  await expect(page).toHaveURL(/\/p\/recognition\/alerts\?.*outcome=accepted/)
  await expect(page.locator('table tbody tr').first()).toBeVisible()
  await shot(page, 'recognition-alerts')
  await logInAs(page, 'city-officer')
  await page.goto('/recognition/supervision')
  await expect(page.getByRole('heading', { level: 1, name: '互认监管' })).toBeVisible()
  await page.locator('[data-choice=repeats]').click()
  await shot(page, 'recognition-supervision')
  expect(seen).toEqual({ outside: [], broken: [] })
})

test('a time without hints says so and leads to one that has some', async ({ page }) => {
  await look(page, {})
  await logInAs(page, 'clinician')
  await page.goto('/recognition/statistics?from=2020-01-01&to=2020-01-31')
  await expect(page.locator('[data-few]')).toContainText('没有互认提示')
  await page.locator('[data-span=days-90]').click()
  await expect(page.locator('[data-figure=rate-alerts]')).toContainText('%')
  await expect(page.locator('[data-few]')).toHaveCount(0)
})

test('on a phone, in the dark, in large type and in English', async ({ page }) => {
  test.setTimeout(READY_MS)
  await page.setViewportSize(PHONE)
  await look(page, { theme: 'dark', large: true, language: 'en' })
  await logInAs(page, 'clinician')
  const bundle = await (await page.request.get('/fhir/DetectedIssue?_sort=-identified&_count=1')).json()
  const issue = bundle.entry[0].resource as Issue
  const patient = issue.patient.reference.replace('Patient/', '')
  for (const [name, path] of [
    ['workstation', `/recognition/workstation?patient=${patient}`],
    ['result', `/recognition/result/${issue.id}`],
    ['catalogue', '/recognition/catalogue'],
    ['codes', '/recognition/codes'],
    ['statistics', '/recognition/statistics'],
    ['notices', '/recognition/notices'],
  ] as const) {
    await page.goto(path)
    await expect(page.locator('main h1, main h2').first()).toBeVisible()
    await expect(page.getByRole('status').filter({ hasText: 'Loading' })).toHaveCount(0)
    await fits(page)
    await shot(page, `recognition-phone-${name}`)
  }
})
