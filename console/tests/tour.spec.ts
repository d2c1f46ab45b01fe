import { expect, test } from '@playwright/test'
import { PHONE, fits, logInAs, shot, someResident } from './steps'

test('the first sign-in begins the tour; six steps by keyboard; it does not begin again', async ({ page }) => {
  test.setTimeout(180_000)
  await page.setViewportSize({ width: 1440, height: 900 })
  await logInAs(page, 'integration')
  const coach = page.getByRole('complementary', { name: /第一次来/ })
  await expect(coach).toContainText('第 1 步，共 6 步')
  await someResident(page)
  await page.locator('body').press('n')
  await expect(coach.getByRole('heading', { name: '一家医院' })).toBeVisible()
  await expect(page).toHaveURL(/\/(directory\/institution|r\/Organization)\//)
  await page.keyboard.press('n')
  await expect(page).toHaveURL(/\/residents\/person\//)
  await page.keyboard.press('n')
  await expect(coach).toContainText('第 4 步')
  await expect(page.locator('.ring')).toBeVisible()
  await shot(page, 'tour-result')
  await page.keyboard.press('n')
  await expect(page).toHaveURL(/\/r\/Observation\/.*tab=json/)
  await page.keyboard.press('p')
  await expect(coach).toContainText('第 4 步')
  await page.keyboard.press('n')
  await page.keyboard.press('n')
  await expect(page).toHaveURL(/\/imports/)
  await coach.getByRole('button', { name: '看完了' }).click()
  await expect(coach).toHaveCount(0)
  await page.goto('/')
  await expect(page.locator('h1')).toBeVisible()
  await expect(coach).toHaveCount(0)
})

test('it can be left and resumed; a step that the role lacks names the account that has it', async ({ page }) => {
  test.setTimeout(180_000)
  await logInAs(page, 'officer')
  const coach = page.getByRole('complementary', { name: /第一次来/ })
  await expect(coach).toBeVisible()
  await someResidentAs(page)
  await coach.getByRole('button', { name: '一位居民' }).click()
  await expect(coach).toContainText('看不到这一步')
  await shot(page, 'tour-other-account')
  await coach.getByRole('button', { name: /先不看/ }).click()
  await expect(coach).toHaveCount(0)
  await page.reload()
  await expect(page.locator('h1')).toBeVisible()
  await expect(coach).toHaveCount(0)
  await page.getByRole('button', { name: '导览 3/6' }).click()
  await expect(coach).toBeFocused()
  await coach.getByRole('button', { name: '换成该账号继续' }).click()
  await expect(page).toHaveURL(/\/residents\/(person|patient)\//)
  await expect(coach).not.toContainText('看不到这一步')
})

test('the coach fits a phone', async ({ page }) => {
  await page.setViewportSize(PHONE)
  await logInAs(page, 'officer')
  await expect(page.getByRole('complementary', { name: /第一次来/ })).toBeVisible()
  await fits(page)
  await shot(page, 'tour-phone')
})

/** An officer sees no residents, so somebody else looks whether they are there yet. */
async function someResidentAs(page: import('@playwright/test').Page) {
  const other = await page
    .context()
    .browser()!
    .newContext({ baseURL: new URL(page.url()).origin })
  const second = await other.newPage()
  await logInAs(second, 'integration')
  await someResident(second)
  await other.close()
}
