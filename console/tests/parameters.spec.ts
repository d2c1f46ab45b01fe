import { expect, test, type Page } from '@playwright/test'
import { PHONE, fits, logInAs, look, shot, watch } from './steps'

const run = Date.now().toString(36)
const code = `note-${run}`
const changed = `changed-${run}`
const refused = `counted-${run}`

const definition = (id: string, expression: string) => ({
  resourceType: 'SearchParameter',
  id,
  url: `http://city.example/SearchParameter/${id}`,
  name: 'Note',
  status: 'active',
  description: 'A search parameter of the tests',
  code: id,
  base: ['Observation'],
  type: 'token',
  expression,
})

const note = definition(code, 'Observation.value as CodeableConcept')
const other = definition(changed, 'Observation.method')

/** Keeps a resource as whoever is signed in. */
async function keep(page: Page, resource: typeof note) {
  const session = (await (await page.request.get('/api/session')).json()) as { csrf: string }
  const headers = { 'X-CSRF': session.csrf, 'Content-Type': 'application/fhir+json' }
  const answer = await page.request.put(`/fhir/${resource.resourceType}/${resource.id}`, { headers, data: resource })
  expect(answer.ok(), await answer.text()).toBe(true)
}

/** Nothing of this test stays in use. */
test.afterAll(async ({ browser }) => {
  const page = await browser.newPage()
  await logInAs(page, 'integration')
  const session = (await (await page.request.get('/api/session')).json()) as { csrf: string }
  for (const id of [code, changed, refused]) {
    await page.request.delete(`/fhir/SearchParameter/${id}`, { headers: { 'X-CSRF': session.csrf } })
  }
  await page.close()
})

const search = async (page: Page, parameter: string) =>
  (await page.request.get(`/fhir/Observation?${parameter}=x`)).status()

test.describe.configure({ mode: 'serial' })

test('search parameters: who writes them sees how they stand, and why one is refused', async ({ page }) => {
  const seen = watch(page)
  await look(page, {})
  await logInAs(page, 'integration')
  await keep(page, note)
  await keep(page, other)
  await keep(page, definition(refused, 'Observation.note.count()'))
  await page.getByRole('navigation', { name: '菜单' }).getByRole('link', { name: '检索参数' }).click()
  await expect(page).toHaveURL(/\/parameters/)
  const waiting = page.getByRole('row').filter({ hasText: code })
  await expect(waiting).toContainText('待启用')
  await expect(waiting).toContainText(note.expression)
  await expect(page.getByRole('row').filter({ hasText: refused })).toContainText('不能启用')
  await expect(page.getByRole('row').filter({ hasText: refused })).toContainText('count()')
  // To use one is the administrator's.
  await expect(page.getByRole('main').getByRole('button')).toHaveCount(0)
  expect(await search(page, code)).toBe(400)
  expect(seen).toEqual({ outside: [], broken: [] })
})

test('search parameters: into use, how far the index is, changed, out of use', async ({ page }) => {
  await look(page, {})
  await logInAs(page, 'admin')
  await page.getByRole('navigation', { name: '菜单' }).getByRole('link', { name: '检索参数' }).click()
  const row = page.getByRole('row').filter({ hasText: code })
  await row.getByRole('button', { name: '启用' }).click()
  // Who thinks again changes nothing.
  await page.getByRole('dialog').getByRole('button', { name: '取消' }).click()
  await expect(row).toContainText('待启用')
  await row.getByRole('button', { name: '启用' }).click()
  await page.getByRole('dialog').getByRole('button', { name: '启用' }).click()
  await expect(row.getByRole('progressbar')).toBeVisible()
  await expect(row).toContainText('建立索引中')
  await row.scrollIntoViewIfNeeded()
  await shot(page, 'parameters-building')
  // The page follows by itself.
  await expect(row).toContainText('可检索')
  await expect(row.getByRole('progressbar')).toHaveCount(0)
  await expect(row.getByRole('button')).toHaveText(['停用'])
  await expect(page.getByRole('row').filter({ hasText: refused }).getByRole('button')).toHaveCount(0)

  const second = page.getByRole('row').filter({ hasText: changed })
  await second.getByRole('button', { name: '启用' }).click()
  await page.getByRole('dialog').getByRole('button', { name: '启用' }).click()
  await expect(second).toContainText('可检索')
  await shot(page, 'parameters')

  await row.getByRole('button', { name: '停用' }).click()
  await page.getByRole('dialog').getByRole('button', { name: '停用' }).click()
  await expect(row).toContainText('待启用')
})

test('search parameters: in English, at phone width, after a definition has changed', async ({ page }) => {
  await look(page, { language: 'en' })
  await logInAs(page, 'integration')
  expect(await search(page, code)).toBe(400)
  expect(await search(page, changed)).toBe(200)
  await keep(page, { ...other, expression: 'Observation.bodySite' })
  await logInAs(page, 'admin')
  await page.goto('/parameters')
  await expect(page.getByRole('heading', { name: 'Custom search parameters' })).toBeVisible()
  const row = page.getByRole('row').filter({ hasText: changed })
  await expect(row).toContainText('changed since; not in use yet')
  await page.setViewportSize(PHONE)
  await fits(page)
  for (const part of ['Take into use', 'Retire']) await expect(row.getByRole('button', { name: part })).toBeInViewport()
  await shot(page, 'parameters-phone')
  await row.getByRole('button', { name: 'Take into use' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Take into use' }).click()
  await expect(row).not.toContainText('changed since')
  await expect(row).toContainText('ready')
  await row.getByRole('button', { name: 'Retire' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Retire' }).click()
  await expect(row).toContainText('waiting to be taken into use')
})

test('search parameters: other roles have no such screen', async ({ page }) => {
  await look(page, {})
  for (const role of ['clinician', 'officer', 'resident']) {
    await logInAs(page, role)
    await expect(page.getByRole('navigation', { name: '菜单' })).not.toContainText('检索参数')
    expect((await page.request.get('/api/parameters')).status()).toBe(403)
    await page.goto('/parameters')
    await expect(page).not.toHaveURL(/\/parameters/)
  }
})
