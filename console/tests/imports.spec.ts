import { expect, test } from '@playwright/test'
import { logInAs, look, shot } from './steps'

const patient = (id: string) => JSON.stringify({ resourceType: 'Patient', id, name: [{ text: '导入测试' }] })

const run = Date.now().toString(36)

test('import: progress, what came in, what was refused and why', async ({ page }) => {
  await look(page, {})
  await logInAs(page, 'integration')
  await page.goto('/imports')
  await page.getByRole('heading', { name: '导入数据' }).waitFor()
  const lines = [patient(`import-${run}-1`), '{"resourceType":"Patient","gender":"blue"}', patient(`import-${run}-2`)]
  await page.locator('input[type=file]').setInputFiles({
    name: 'residents.ndjson',
    mimeType: 'application/x-ndjson',
    buffer: Buffer.from(lines.join('\n')),
  })
  const card = page.locator('[data-import=done]', { hasText: 'residents.ndjson' }).first()
  await expect(card).toBeVisible()
  await expect(card.locator('table tbody tr')).toHaveCount(1)
  await expect(card.locator('table tbody tr')).toContainText('2')
  await shot(page, 'import')
  const saved = page.waitForEvent('download')
  await card.getByRole('button', { name: '下载报告' }).click()
  expect((await saved).suggestedFilename()).toContain('residents.ndjson')
  await card.getByRole('link', { name: /登记/ }).click()
  await expect(page.getByRole('link', { name: `import-${run}-2` })).toBeVisible()
})
