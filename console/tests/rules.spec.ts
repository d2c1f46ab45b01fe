import { expect, test, type Page } from '@playwright/test'
import { readFile, writeFile } from 'node:fs/promises'
import { PHONE, fits, logInAs, look, shot, watch } from './steps'

const READY_MS = 120_000
const DESK = { width: 1440, height: 900 }

test.beforeEach(async ({ page }) => {
  await page.setViewportSize(DESK)
})

/** Waits until the commissions are in: an officer's say follows from them. */
async function filled(page: Page) {
  await expect(async () => {
    const answer = await page.request.get('/api/rules')
    const told = (await answer.json()) as { reach: { level: string } | null; tables: unknown[] }
    expect(told.reach?.level).toBe('city')
    expect(told.tables.length).toBeGreaterThan(0)
  }).toPass({ timeout: READY_MS, intervals: [1000] })
}

async function openAs(page: Page, name: string, path: string) {
  await look(page, {})
  await logInAs(page, name)
  await filled(page)
  await page.goto(path)
}

/** Another session of the same browser. */
async function asAnother(page: Page, name: string, path: string): Promise<Page> {
  const context = await page.context().browser()!.newContext({ viewport: DESK })
  const other = await context.newPage()
  await openAs(other, name, new URL(path, page.url()).href)
  return other
}

test('one proposes a change, tries it, and another approves it', async ({ page, baseURL }) => {
  test.setTimeout(READY_MS + 90_000)
  const seen = watch(page)
  await openAs(page, 'city-officer', '/')
  await page.getByRole('navigation', { name: '菜单' }).getByRole('link', { name: '规则' }).click()
  await page.locator('[data-choice="recognition.window"]').click()
  await expect(page.locator('tbody tr').first()).toContainText('随系统发布')
  await page.getByRole('searchbox', { name: '在规则和依据中查找' }).fill('cbc')
  await expect(page).toHaveURL(/q=cbc/)
  await shot(page, 'rules-table')
  await page
    .getByRole('button', { name: /cbc · 门诊/ })
    .first()
    .click()
  const drawer = page.getByRole('dialog')
  await expect(drawer).toContainText('依据')
  await expect(drawer.getByRole('heading', { name: '历史' })).toBeVisible()
  await drawer.getByRole('button', { name: '建议本地规则' }).click()

  const form = page.locator('form.form')
  await expect(form.locator('[data-field="item"]')).toBeDisabled()
  await form.locator('[data-field="hours"]').fill('many')
  await form.locator('[data-field="source"]').fill('平川卫〔2026〕3号')
  await form.locator('[data-field="reason"]').fill('春季试行')
  await form.getByRole('button', { name: '试算' }).click()
  await expect(form.getByRole('alert')).toContainText('不是整数')
  await form.locator('[data-field="hours"]').fill('12')
  await form.getByRole('button', { name: '试算' }).click()
  await expect(form.getByRole('status', { name: '试算结果' })).toContainText('12 h')
  await shot(page, 'rules-propose')
  await form.getByRole('button', { name: '提交建议' }).click()
  await expect(page.getByText('等待另一人审批')).toBeVisible()

  await page.locator('[data-choice="waiting"]').click()
  const own = page.locator('[data-proposal]')
  await expect(own).toHaveCount(1)
  await expect(own).toContainText('本人提出，须由另一人审批')
  await expect(own.getByRole('button', { name: '批准' })).toHaveCount(0)

  const other = await asAnother(page, 'city-officer-2', `${baseURL}/rules?tab=waiting`)
  const proposal = other.locator('[data-proposal]')
  await expect(proposal).toContainText('春季试行')
  await proposal.getByRole('button', { name: '试算' }).click()
  await expect(proposal.getByRole('status', { name: '试算结果' })).toContainText('12 h')
  await shot(other, 'rules-inbox')
  await proposal.getByRole('button', { name: '批准' }).click()
  await expect(other.getByText('没有待审批的建议')).toBeVisible()
  await other.locator('[data-choice="decided"]').click()
  await expect(other.locator('[data-proposal]').first()).toContainText('批准')
  await other.context().close()

  await page.goto('/rules?table=recognition.window&q=cbc')
  const row = page.locator('tbody tr', { hasText: '平川卫〔2026〕3号' })
  await expect(row).toContainText('12 h')
  await row.getByRole('button').click()
  await expect(page.getByRole('dialog')).toContainText('批准')
  await page.goto('/rules?table=recognition.window&q=cbc&known=2020-01-01')
  await expect(page.getByText('没有符合条件的规则')).toBeVisible()
  expect(seen).toEqual({ outside: [], broken: [] })
})

test('a file is refused with its lines, or becomes proposals', async ({ page }, info) => {
  test.setTimeout(READY_MS + 60_000)
  await openAs(page, 'city-officer', '/rules?table=recognition.reason')
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: '导出 CSV' }).click(),
  ])
  const text = await readFile(await file.path(), 'utf8')
  expect(text.charCodeAt(0)).toBe(0xfeff)
  expect(text).toContain('适用范围')

  await page.getByRole('button', { name: '导入 CSV' }).click()
  const drawer = page.getByRole('dialog')
  const send = async (name: string, body: string) => {
    const path = info.outputPath(name)
    await writeFile(path, body)
    await drawer.locator('input[type=file]').setInputFiles(path)
  }
  await send('same.csv', text)
  await expect(drawer.getByRole('status')).toContainText('新增 0，修改 0')
  const line = (key: string, day: string) => `city,${day},平川卫〔2026〕5号,${key},试用理由,Trial,no\n`
  const head = 'scope,from,source,reason,zh,en,national\n'
  await send('wrong.csv', head + line('trial-a', '2026-13-01') + line('trial-b', '2026-01-01'))
  await expect(drawer.locator('tbody tr')).toHaveCount(1)
  await expect(drawer.locator('tbody tr')).toContainText('2026-13-01')
  await expect(drawer.getByRole('button', { name: /提交/ })).toHaveCount(0)
  await shot(page, 'rules-file')
  await send('right.csv', head + line('trial-a', '2026-01-01') + line('trial-b', '2026-01-01'))
  await drawer.getByRole('button', { name: '提交 2 条建议' }).click()
  await expect(page.getByText('已提交 2 条建议')).toBeVisible()

  const other = await asAnother(page, 'city-officer-2', '/rules?tab=waiting')
  await expect(other.locator('[data-proposal]')).toHaveCount(2)
  await other.getByLabel('全选').check()
  await other.getByRole('button', { name: '退回所选 2 条' }).click()
  await other.getByRole('textbox', { name: '退回理由' }).fill('编号不符')
  await other.getByRole('dialog').getByRole('button', { name: '退回' }).click()
  await expect(other.getByText('没有待审批的建议')).toBeVisible()
  await other.context().close()
})

test('who moves data sends files and decides about nothing', async ({ page }) => {
  test.setTimeout(READY_MS + 60_000)
  await look(page, {})
  await logInAs(page, 'integration')
  await page.goto('/rules?table=recognition.reason')
  await expect(page.locator('tbody tr').first()).toBeVisible()
  await expect(page.getByRole('button', { name: '导入 CSV' })).toBeVisible()
  await expect(page.getByRole('button', { name: '建议新规则' })).toHaveCount(0)
  await page.locator('tbody tr').first().getByRole('button').click()
  const drawer = page.getByRole('dialog')
  await expect(drawer.getByRole('heading', { name: '历史' })).toBeVisible()
  await expect(drawer.getByRole('button', { name: /^建议/ })).toHaveCount(0)
})

test('a district’s officer changes the own district, and it all fits a phone', async ({ page }) => {
  test.setTimeout(READY_MS + 60_000)
  await look(page, {})
  await logInAs(page, 'officer')
  await expect(async () => {
    const told = (await (await page.request.get('/api/rules')).json()) as { reach: { level: string } | null }
    expect(told.reach?.level).toBe('district')
  }).toPass({ timeout: READY_MS, intervals: [1000] })
  await page.goto('/rules?table=recognition.negative')
  await page.getByRole('button', { name: '建议新规则' }).click()
  await page.locator('[data-field="level"]').click()
  await expect(page.getByRole('option', { name: '本市', exact: true })).toHaveCount(0)
  await page.keyboard.press('Escape')
  await page.setViewportSize(PHONE)
  await page.goto('/rules')
  await expect(page.locator('tbody tr').first()).toBeVisible()
  await fits(page)
  await shot(page, 'rules-phone')
})
