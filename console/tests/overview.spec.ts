import { expect, test, type Page } from '@playwright/test'
import { PHONE, fits, logInAs, look, shot, watch } from './steps'

const DESK = { width: 1440, height: 900 }
const WALL = { width: 1920, height: 1080 }

test.beforeEach(async ({ page }) => {
  await page.setViewportSize(DESK)
  await look(page, {})
})

/** Waits until the demonstration has filled the board. */
async function filled(page: Page) {
  await expect(page.locator('[data-figure=residents] .value')).toHaveText(/[1-9]/, { timeout: 120_000 })
  await expect(page.locator('[data-code]').first()).toBeVisible({ timeout: 120_000 })
}

test('an officer begins with the board; each number opens what is behind it', async ({ page }) => {
  test.setTimeout(180_000)
  const seen = watch(page)
  await logInAs(page, 'city-officer')
  await filled(page)
  await expect(page.getByRole('heading', { name: '各机构上报质量' })).toBeVisible()
  await expect(page.locator('.chart svg')).toHaveCount(2)
  await shot(page, 'overview')

  await page.locator('[data-figure=visits]').click()
  const drawer = page.getByRole('dialog')
  await expect(drawer.locator('tbody tr').first()).toBeVisible()
  await shot(page, 'overview-breakdown')
  await drawer.getByRole('button', { name: '按方式' }).click()
  await drawer.getByRole('button', { name: /门诊/ }).click()
  await expect(drawer.getByRole('navigation')).toContainText('›')
  await expect(page).toHaveURL(/open=.*class/)
  await expect(drawer.locator('tbody tr').first()).toBeVisible()
  await page.goBack()
  await expect(drawer.getByRole('navigation')).not.toContainText('›')
  await page.keyboard.press('Escape')
  await expect(drawer).toBeHidden()
  expect(seen).toEqual({ outside: [], broken: [] })
})

test('the map: colours, one level down and up again by keyboard', async ({ page }) => {
  test.setTimeout(180_000)
  await logInAs(page, 'integration')
  await page.goto('/overview')
  await filled(page)
  await page.getByLabel('着色指标').selectOption('usual')
  await expect(page.locator('.legend')).toContainText('+20')
  await page.locator('[data-code][tabindex="0"]').focus()
  await page.keyboard.press('ArrowRight')
  const name = (await page.locator('[data-code]:focus').getAttribute('aria-label'))!.split(' ')[0]!
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible()
  await expect(page).toHaveURL(/area=\d{6}/)
  await expect(page.getByRole('heading', { name: /各街道/ })).toBeVisible()
  await shot(page, 'overview-district')
  await page.locator('[data-code]').first().click()
  await expect(page).toHaveURL(/area=\d{9}/)
  await page.keyboard.press('u')
  await expect(page).toHaveURL(/area=\d{6}(?!\d)/)
  await page.getByRole('button', { name: '表格' }).click()
  await expect(page.getByRole('columnheader', { name: '人口' })).toBeVisible()
  await page.keyboard.press('[')
  await expect(page).toHaveURL(/day=\d{4}-\d{2}-\d{2}/)
  await page.keyboard.press('t')
  await expect(page).not.toHaveURL(/day=/)
})

/** A day on which somebody saw a doctor, whatever day and hour it is now. */
function lastTuesday(): string {
  const day = new Date(Date.now() - 2 * 86_400_000)
  while (day.getUTCDay() !== 2) day.setUTCDate(day.getUTCDate() - 1)
  return day.toISOString().slice(0, 10)
}

test('whoever sees persons comes from a number to the records', async ({ page }) => {
  test.setTimeout(180_000)
  await logInAs(page, 'integration')
  await page.goto(`/overview?day=${lastTuesday()}`)
  await filled(page)
  await page.locator('[data-figure=visits]').click()
  const drawer = page.getByRole('dialog')
  for (let deep = 0; deep < 6 && page.url().includes('/overview'); deep++) {
    const before = page.url()
    await drawer.locator('tbody button').first().click()
    await expect(page).not.toHaveURL(before)
  }
  await expect(page).toHaveURL(/\/browse\/Encounter\?/)
  await expect(page.locator('table tbody tr').first()).toBeVisible()
})

test('the projector: dark, without menus, three views, Esc leaves', async ({ page }) => {
  test.setTimeout(180_000)
  await page.setViewportSize(WALL)
  await logInAs(page, 'city-officer')
  await filled(page)
  await page.keyboard.press('f')
  const projector = page.locator('.projector')
  await expect(projector).toBeVisible()
  await expect(page.locator('html')).toHaveClass(/dark/)
  await shot(page, 'projector-1')
  await page.keyboard.press('2')
  await expect(projector.getByRole('heading', { name: /近 \d+ 天/ })).toBeVisible()
  await shot(page, 'projector-2')
  await page.keyboard.press('ArrowRight')
  await expect(projector.getByRole('heading', { name: '各机构上报质量' })).toBeVisible()
  await shot(page, 'projector-3')
  await page.keyboard.press('Escape')
  await expect(projector).toHaveCount(0)
  await expect(page.locator('html')).not.toHaveClass(/dark/)
})

test('the board fits a phone, in the dark, in large type and in English', async ({ page }) => {
  test.setTimeout(180_000)
  await page.setViewportSize(PHONE)
  await look(page, { theme: 'dark', large: true, language: 'en' })
  await logInAs(page, 'city-officer')
  await filled(page)
  await fits(page)
  await shot(page, 'overview-phone')
  await logInAs(page, 'clinician')
  await expect(page.locator('h1')).toBeVisible()
  await fits(page)
})

test('the city clock: pace and pause', async ({ page }) => {
  await logInAs(page, 'city-officer')
  const clock = page.getByRole('button', { name: /城市时钟/ })
  await expect(clock).toBeVisible()
  await clock.click()
  await page.getByRole('radio', { name: /^600×/ }).click()
  await expect(clock).toContainText('600×')
  const before = await clock.locator('b').innerText()
  await expect(clock.locator('b')).not.toHaveText(before)
  await page.getByRole('button', { name: '暂停' }).click()
  await expect(clock).toContainText('已暂停')
  await page.getByRole('radio', { name: /^60×/ }).click()
  await expect(clock).toContainText('60×')
})
