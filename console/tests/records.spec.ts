import { expect, test, type Page } from '@playwright/test'
import { PHONE, WIDE, fits, logInAs, look, shot, someResident, watch } from './steps'

test('home: numbers lead to the list behind them', async ({ page }) => {
  await page.setViewportSize(WIDE)
  await look(page, {})
  await logInAs(page, 'integration')
  await expect(page.getByRole('heading', { name: '记录里有什么' })).toBeVisible()
  await shot(page, 'home')
  await page.getByRole('link', { name: /登记/ }).first().click()
  await expect(page).toHaveURL(/\/browse\/Patient/)
  await expect(page.locator('table tbody tr').first()).toBeVisible()
})

/** Opens the first result that was measured more than once: only those have a line to draw. */
async function openTrend(page: Page) {
  const items = page.locator('table.results button')
  for (let nth = 0; nth < (await items.count()); nth++) {
    await items.nth(nth).click()
    const chart = page.locator('.chart svg')
    await expect(chart.or(page.getByRole('dialog').locator('table tbody tr').first()).first()).toBeVisible()
    // The chart comes a moment after the numbers, which are in the same dialog.
    if (
      await chart.waitFor({ timeout: 2000 }).then(
        () => true,
        () => false,
      )
    )
      return
    await page.keyboard.press('Escape')
    await expect(page.getByRole('dialog')).toBeHidden()
  }
  throw new Error('no result was measured more than once')
}

/** Shows the registration of one institution alone: the first that has sent results. */
async function narrowToResults(page: Page, institutions: string[]) {
  for (const institution of institutions) {
    await page
      .getByRole('radio', { name: new RegExp(institution) })
      .first()
      .click()
    await expect(page.locator('.day').first()).toBeVisible()
    const results = page.locator('table.results').first()
    if (
      await results.waitFor({ timeout: 2000 }).then(
        () => true,
        () => false,
      )
    )
      return
  }
  throw new Error('no institution has sent results')
}

test('find a resident, see results and trend, follow one to its raw record and history', async ({ page }) => {
  const seen = watch(page)
  await page.setViewportSize(WIDE)
  await look(page, {})
  await logInAs(page, 'integration')
  const person = await someResident(page)

  await page.goto('/residents')
  const box = page.getByRole('combobox')
  await box.fill(person.birth_date)
  await expect(page.getByRole('option', { name: new RegExp(person.name) }).first()).toBeVisible()
  await box.fill(person.pinyin)
  // A registration of the same person may stand alone beside the resident.
  const line = `${person.name}.*${person.birth_date}.*${person.registrations.length} 份登记`
  const option = page.getByRole('option', { name: new RegExp(line) })
  await expect(option).toBeVisible()
  await shot(page, 'residents')
  await option.getByRole('link').click()

  await expect(page.getByRole('heading', { level: 1, name: person.name })).toBeVisible()
  const item = page.locator('table.results button').first()
  await expect(item).toBeVisible()
  await shot(page, 'resident')
  await openTrend(page)
  await shot(page, 'trend')
  await page.keyboard.press('Escape')

  await narrowToResults(
    page,
    person.registrations.map((one) => one.institution ?? ''),
  )
  await page
    .locator('table.results')
    .first()
    .getByRole('link', { name: /原始记录/ })
    .first()
    .click()
  await expect(page).toHaveURL(/\/r\/Observation\//)
  await shot(page, 'resource')
  await page.getByRole('tab', { name: '原文（JSON）' }).click()
  await expect(page.locator('pre')).toContainText('"resourceType": "Observation"')
  await shot(page, 'resource-json')
  await page.getByRole('tab', { name: '历史版本' }).click()
  await expect(page.locator('table tbody tr').first()).toBeVisible()
  await shot(page, 'resource-history')
  expect(seen).toEqual({ outside: [], broken: [] })
})

test('two versions are compared line by line', async ({ page }) => {
  await look(page, {})
  await logInAs(page, 'integration')
  const session = (await (await page.request.get('/api/session')).json()) as { csrf: string }
  const headers = { 'X-CSRF': session.csrf, 'Content-Type': 'application/fhir+json' }
  for (const name of ['旧名称', '新名称']) {
    const data = { resourceType: 'Organization', id: 'console-test', name }
    const answer = await page.request.put('/fhir/Organization/console-test', { headers, data })
    expect(answer.ok()).toBe(true)
  }
  await page.goto('/r/Organization/console-test?tab=history')
  await expect(page.locator('.removed', { hasText: '旧名称' })).toBeVisible()
  await expect(page.locator('.added', { hasText: '新名称' })).toBeVisible()
  await shot(page, 'history-difference')
  await page.getByRole('link', { name: '1', exact: true }).click()
  await expect(page.getByText('这是第 1 版')).toBeVisible()
})

test('resource browser: type, condition, address, errors in words', async ({ page }) => {
  await look(page, {})
  await logInAs(page, 'integration')
  await page.goto('/browse')
  await page.getByPlaceholder(/查找类型/).fill('机构')
  await page
    .getByRole('link', { name: /机构 Organization/ })
    .first()
    .click()
  await expect(page).toHaveURL(/\/browse\/Organization/)
  await page.getByRole('button', { name: '添加条件' }).click()
  await page.getByRole('combobox', { name: '选择条件' }).fill('name')
  await page.getByRole('option', { name: /^name/ }).first().click()
  await page.getByLabel('值', { exact: true }).fill('平川')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/name=/)
  await expect(page.locator('code')).toContainText('GET /fhir/Organization?name=')
  await shot(page, 'browser')
  await page.goto('/browse/Organization?no-such-parameter=1')
  await expect(page.getByRole('alert')).toContainText('no-such-parameter')
  await page.goto('/r/Patient/no-such-patient')
  await expect(page.getByRole('alert')).toContainText('没有找到')
})

test('screens at phone width, in English and in the dark', async ({ page }) => {
  test.setTimeout(120_000)
  await look(page, { theme: 'dark', language: 'en' })
  await logInAs(page, 'integration')
  const person = await someResident(page)
  const paths: [string, string][] = [
    ['home', '/'],
    ['residents', `/residents?q=${person.pinyin}`],
    ['resident', `/residents/person/${person.person}`],
    ['registration', `/r/Patient/${person.registrations[0]!.patient}`],
    ['types', '/browse'],
    ['browser', '/browse/Observation'],
  ]
  for (const [name, path] of paths) {
    for (const [width, size] of [
      ['phone', PHONE],
      ['wide', WIDE],
    ] as const) {
      await page.setViewportSize(size)
      await page.goto(path)
      await expect(page.locator('h1')).toBeVisible()
      await expect(page.getByText('Loading…')).toHaveCount(0)
      await fits(page)
      await shot(page, `${name}-en-dark-${width}`)
    }
  }
})
