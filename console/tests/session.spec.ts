import { expect, test } from '@playwright/test'
import { PHONE, fits, logInAs, look, shot, watch } from './steps'

test('login: wrong password, demo account by one click, language, back to where one was', async ({ page }) => {
  const seen = watch(page)
  await page.goto('/browse/Patient')
  await expect(page).toHaveURL(/\/login\?next=/)
  await expect(page.getByRole('heading', { name: /经络/ })).toBeVisible()
  await shot(page, 'login')
  await page.getByLabel('账号', { exact: true }).fill('clinician')
  await page.getByLabel('密码', { exact: true }).fill('wrong password')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('alert')).toContainText('账号或密码不对')
  await page.getByRole('button', { name: '切换语言（English）' }).click()
  await expect(page.getByRole('heading', { name: 'Demo accounts' })).toBeVisible()
  await page.locator('[data-account=integration]').click()
  await expect(page).toHaveURL(/\/browse\/Patient/)
  expect(seen).toEqual({ outside: [], broken: [] })
})

test('each role begins where its work is', async ({ page }) => {
  await look(page, {})
  await logInAs(page, 'admin')
  await expect(page).toHaveURL(/\/accounts/)
  await expect(page.getByRole('navigation', { name: '菜单' })).not.toContainText('居民')
  await page.goto('/residents')
  await expect(page).toHaveURL(/\/accounts/)
  await page.getByRole('button', { name: '我的账号' }).click()
  await page.getByText('退出登录').click()
  await expect(page).toHaveURL(/\/login/)

  await logInAs(page, 'resident')
  await expect(page).toHaveURL(/\/residents\/person\//)
  await expect(page.getByRole('radiogroup')).toBeVisible()
  await expect(page.getByRole('navigation', { name: '菜单' })).toContainText('我的健康记录')
  await shot(page, 'resident-own')

  for (const role of ['clinician', 'officer']) {
    await logInAs(page, role)
    const first = role === 'officer' ? page.locator('[data-figure]') : page.getByRole('heading', { name: '一座城市' })
    await expect(first.first()).toBeVisible()
    await expect(page.getByRole('navigation', { name: '菜单' })).not.toContainText('导入数据')
    await shot(page, `home-${role}`)
  }
})

test('keyboard: search box, help, jumps, palette', async ({ page }) => {
  await look(page, {})
  await logInAs(page, 'integration')
  await page.keyboard.press('?')
  await expect(page.getByRole('dialog')).toContainText('键盘快捷键')
  await page.keyboard.press('Escape')
  await page.keyboard.press('g')
  await page.keyboard.press('r')
  await expect(page).toHaveURL(/\/residents/)
  await page.locator('h1').click()
  await page.keyboard.press('/')
  await expect(page.getByRole('combobox')).toBeFocused()
  await page.keyboard.press('Control+k')
  await page.getByPlaceholder('输入页面名称或资源类型').fill('Observation')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/\/browse\/Observation/)
})

test('large type, dark and phone width fit the window', async ({ page }) => {
  await page.setViewportSize(PHONE)
  await look(page, { theme: 'dark', large: true })
  await logInAs(page, 'integration')
  for (const path of ['/', '/residents', '/browse', '/browse/Patient', '/imports']) {
    await page.goto(path)
    await expect(page.locator('h1')).toBeVisible()
    await page.waitForLoadState('networkidle').catch(() => {})
    await fits(page)
  }
  await page.getByRole('button', { name: '菜单' }).click()
  await expect(page.getByRole('navigation', { name: '菜单' })).toBeVisible()
  await shot(page, 'menu-phone-dark-large')
})
