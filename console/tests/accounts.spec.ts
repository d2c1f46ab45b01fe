import { expect, test } from '@playwright/test'
import { logInAs, look, shot } from './steps'

test('accounts: create, issue a token shown once, disable; the access log', async ({ page }) => {
  await look(page, {})
  await logInAs(page, 'admin')
  const name = `console-${Date.now().toString(36)}`
  await page.getByRole('button', { name: '新建账号' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('账号', { exact: true }).fill(name)
  await dialog.locator('.el-select').click()
  await page.getByRole('option', { name: '集成工程师' }).click()
  await dialog.getByLabel('密码', { exact: true }).fill('a long enough one')
  await dialog.getByRole('button', { name: '新建账号' }).click()
  const row = page.locator('tbody tr', { hasText: name })
  await expect(row).toBeVisible()

  await row.getByRole('button', { name: '签发令牌' }).click()
  await page.getByRole('dialog').getByLabel('用途').fill('接口测试')
  await page.getByRole('dialog').getByRole('button', { name: '签发令牌' }).click()
  await expect(page.locator('code.token')).not.toBeEmpty()
  await shot(page, 'token')
  await page.getByRole('dialog').getByRole('button', { name: '关闭' }).last().click()
  await expect(row).toContainText('接口测试')
  await shot(page, 'accounts')

  await row.getByRole('button', { name: '停用' }).click()
  await page.getByRole('dialog').getByRole('button', { name: '停用' }).click()
  await expect(row).toContainText('已停用')

  await page.getByRole('link', { name: /访问记录/ }).click()
  await expect(page.locator('table tbody tr').first()).toBeVisible()
  await shot(page, 'audit')
})
