import { expect, test, type Page } from '@playwright/test'
import { readFile } from 'node:fs/promises'
import { PHONE, fits, logInAs, look, shot, watch } from './steps'

const DESK = { width: 1440, height: 900 }
const WALL = { width: 1920, height: 1080 }
const READY_MS = 120_000

test.beforeEach(async ({ page }) => {
  await page.setViewportSize(DESK)
})

/** Waits until the demonstration's institutions are in. */
async function filled(page: Page) {
  await expect(async () => {
    const answer = await page.request.get('/api/programs/directory/lists/institutions?kind=B100&count=1')
    expect(((await answer.json()) as { rows: unknown[] }).rows.length).toBe(1)
    const map = await page.request.get('/api/programs/directory/map?level=street')
    expect(((await map.json()) as { features: { features: unknown[] } }).features.features.length).toBeGreaterThan(0)
  }).toPass({ timeout: READY_MS, intervals: [1000] })
}

async function openAs(page: Page, role: string, path: string) {
  await look(page, {})
  await logInAs(page, role)
  await filled(page)
  await page.goto(path)
}

test('the tree opens to a found institution, by mouse and by keyboard', async ({ page }) => {
  test.setTimeout(READY_MS + 60_000)
  const seen = watch(page)
  await openAs(page, 'integration', '/')
  await page.getByRole('navigation', { name: '菜单' }).getByRole('link', { name: '机构目录' }).click()
  const commission = page.getByRole('treeitem', { name: /平川市卫生健康委员会/ })
  await expect(commission).toHaveAttribute('aria-expanded', 'true')

  await page.locator('h1').click()
  await page.keyboard.press('/')
  await page.keyboard.type('第一人民医院')
  await expect(page.getByRole('option', { name: /第一人民医院/ }).first()).toBeVisible()
  await page.keyboard.press('Enter')
  const hospital = page.getByRole('treeitem', { selected: true })
  await expect(hospital).toContainText('第一人民医院')
  await expect(hospital).toBeFocused()
  await expect(page.locator('aside')).toContainText('校验码正确')
  await page.keyboard.press('ArrowRight')
  await expect(hospital).toHaveAttribute('aria-expanded', 'true')
  await shot(page, 'directory-tree')
  await page.keyboard.press('ArrowRight')
  await expect(page.getByRole('treeitem', { selected: true })).not.toContainText('第一人民医院')
  await page.keyboard.press('ArrowLeft')
  await page.keyboard.press('Enter')

  await expect(page).toHaveURL(/\/directory\/institution\//)
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('平川市第一人民医院')
  await expect(page.getByRole('heading', { name: '设备' })).toBeVisible()
  await expect(page.getByRole('heading', { name: /^人员/ })).toBeVisible()
  await shot(page, 'directory-institution')
  await page.getByRole('tab', { name: '变更历史' }).click()
  await expect(page.locator('table tbody tr').first()).toContainText('1')
  await page.getByRole('link', { name: '原始记录' }).click()
  await expect(page).toHaveURL(/\/r\/Organization\//)
  expect(seen).toEqual({ outside: [], broken: [] })
})

test('a list is searched, filtered, sorted, opened by keyboard and downloaded', async ({ page }) => {
  test.setTimeout(READY_MS + 60_000)
  await openAs(page, 'integration', '/p/directory')
  await page.getByRole('link', { name: /^机构/ }).last().click()
  await expect(page).toHaveURL(/\/p\/directory\/institutions/)
  const rows = page.locator('tbody tr')
  await expect(rows.first()).toBeVisible()

  await page.locator('.filters .el-select').first().click()
  await page.getByRole('option', { name: '社区卫生服务中心', exact: true }).click()
  await expect(page).toHaveURL(/kind=B100/)
  await expect(rows.first()).toContainText('社区卫生服务中心')
  await page.getByRole('button', { name: '清除条件' }).click()
  await expect(page).not.toHaveURL(/kind=/)

  await page.getByRole('button', { name: '床位' }).click()
  await page.getByRole('button', { name: '床位' }).click()
  await expect(page).toHaveURL(/sort=-beds/)
  await expect(page.getByRole('columnheader', { name: '床位' })).toHaveAttribute('aria-sort', 'descending')
  await expect(async () => {
    const beds = (await page.locator('td[data-label=床位]').allInnerTexts()).map((text) =>
      Number(text.replace(',', '')),
    )
    expect(beds.length).toBeGreaterThan(1)
    expect(beds).toEqual(beds.toSorted((a, b) => b - a))
  }).toPass()
  await shot(page, 'directory-list')

  const saved = page.waitForEvent('download')
  await page.getByRole('button', { name: '下载 CSV' }).click()
  const file = await readFile(await (await saved).path(), 'utf8')
  expect(file.startsWith('\ufeff名称,')).toBe(true)

  await page.locator('h1').click()
  await page.keyboard.press('/')
  await page.keyboard.type('dyrmyy')
  await expect(page).toHaveURL(/q=dyrmyy/)
  await expect(rows.first()).toContainText('第一人民医院')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { level: 1 })).toContainText('第一人民医院')

  await page.goto('/p/directory/institutions?q=nothing-is-called-so')
  await expect(page.getByText('没有符合条件的内容')).toBeVisible()
  await page.goto('/p/directory/no-such-list')
  await expect(page.getByText('没有这份名单')).toBeVisible()
})

test('the map says that it is schematic; areas open, marks and list point at each other', async ({ page }) => {
  test.setTimeout(READY_MS + 60_000)
  const seen = watch(page)
  await openAs(page, 'officer', '/directory/map')
  await expect(page.getByText('示意图', { exact: true })).toBeVisible()
  const regions = page.locator('svg [data-code]')
  await expect(regions).toHaveCount(16)
  await page.locator('li a', { hasText: '第一人民医院' }).first().focus()
  await expect(page.locator('.point.lit')).toHaveCount(1)
  await expect(page.locator('.tip')).toContainText('第一人民医院')
  await shot(page, 'directory-map')
  const legend = page.getByRole('group', { name: '图例' }).getByRole('button', { name: /社区卫生服务中心/ })
  await legend.click()
  await expect(page.locator('.point.centre')).toHaveCount(0)
  await legend.click()

  await page.locator('.point.hospital').last().click()
  await expect(page).toHaveURL(/at=/)
  await regions.first().focus()
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/area=\d{6}/)
  await expect(regions.first()).toBeVisible()
  await shot(page, 'directory-map-district')
  await page.getByRole('button', { name: '全市' }).click()
  await expect(regions).toHaveCount(16)
  expect(seen).toEqual({ outside: [], broken: [] })
})

test('areas lead down to neighbourhoods, with the population by age and sex', async ({ page }) => {
  test.setTimeout(READY_MS + 60_000)
  await openAs(page, 'officer', '/directory/areas')
  await expect(page.locator('tbody button')).toHaveCount(16)
  await expect(page.getByRole('heading', { name: /平川市人口金字塔/ })).toBeVisible()
  await expect(page.locator('.chart svg')).toBeVisible()
  await shot(page, 'directory-areas')
  await page.locator('tbody button').first().click()
  await expect(page).toHaveURL(/area=\d{6}$/)
  await expect(page.locator('tbody .code').first()).toHaveText(/^\d{9}$/)
  await page.locator('tbody button').first().click()
  await expect(page).toHaveURL(/area=\d{9}$/)
  await expect(page.getByRole('heading', { name: /人口金字塔/ })).toBeVisible()
  await page.getByText('看数字').click()
  await expect(page.getByRole('columnheader', { name: '合计' })).toBeVisible()
})

/** An 18-character code whose last character is right (GB 32100). */
function codeOf(number: number): string {
  const letters = '0123456789ABCDEFGHJKLMNPQRTUWXY'
  const first = `12339901${String(number).padStart(9, '0')}`
  let sum = 0
  let weight = 1
  for (const letter of first) {
    sum += letters.indexOf(letter) * weight
    weight = (weight * 3) % 31
  }
  return first + letters[(31 - (sum % 31)) % 31]!
}

async function drop(page: Page, name: string, text: string) {
  const buffer = Buffer.from(text)
  await page.locator('input[type=file]').setInputFiles({ name, mimeType: 'text/csv', buffer })
}

test('institutions from a CSV file: nothing while a line is wrong, then exactly what was shown', async ({ page }) => {
  test.setTimeout(READY_MS + 60_000)
  const run = Date.now() % 1_000_000_000
  const code = codeOf(run)
  const name = `测试中心${run}`
  const wrong = code.slice(0, 17) + (code.endsWith('0') ? '1' : '0')
  await openAs(page, 'integration', '/directory/import')
  const saved = page.waitForEvent('download')
  await page.getByRole('button', { name: '下载模板' }).click()
  expect((await readFile(await (await saved).path(), 'utf8')).startsWith('\ufeff名称,')).toBe(true)

  const head = '名称,统一社会信用代码,类别,等级,地址'
  await drop(page, 'wrong.csv', `${head}\n${name},${wrong},B100,1,测试路 1 号\n`)
  await expect(page.locator('tr[data-action=error] td.wrong')).toContainText(wrong)
  await expect(page.getByRole('button', { name: /^导入 / })).toHaveCount(0)
  await shot(page, 'directory-import-wrong')

  await drop(page, 'right.csv', `${head}\n${name},${code},B100,1,测试路 1 号\n`)
  await expect(page.locator('tr[data-action=create]')).toHaveCount(1)
  await page.getByRole('button', { name: '导入 1 家机构' }).click()
  await expect(page.getByText('已导入：新建 1 家')).toBeVisible()

  await page.getByRole('button', { name: '再导入一份' }).click()
  await drop(page, 'again.csv', `${head}\n${name},${code},B100,1,测试路 2 号\n`)
  await expect(page.locator('td.changed del')).toContainText('测试路 1 号')
  await expect(page.locator('td.changed ins')).toContainText('测试路 2 号')
  await shot(page, 'directory-import-change')
  await page.getByRole('button', { name: '导入 1 家机构' }).click()
  await expect(page.getByText('更改 1 家')).toBeVisible()
  await page.getByRole('link', { name }).click()
  // Without its id the list finds it by its code.
  await expect(page).not.toHaveURL(/import/)
  if (page.url().includes('/p/')) await page.getByRole('link', { name }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(name)
  await page.getByRole('tab', { name: '变更历史' }).click()
  await expect(page.locator('.added', { hasText: '测试路 2 号' })).toBeVisible()
})

test('who may not import does not find the screen; a resident finds institutions', async ({ page }) => {
  test.setTimeout(READY_MS + 60_000)
  await openAs(page, 'clinician', '/directory/import')
  await expect(page).not.toHaveURL(/import/)
  await openAs(page, 'resident', '/directory')
  await expect(page.getByRole('navigation', { name: '菜单' })).not.toContainText('导入机构')
  await expect(page.getByRole('treeitem').first()).toBeVisible()
})

test('screens at phone and wall width, in English and in the dark', async ({ page }) => {
  test.setTimeout(READY_MS + 120_000)
  await look(page, { theme: 'dark', language: 'en', large: true })
  await logInAs(page, 'integration')
  await filled(page)
  const found = await page.request.get('/api/programs/directory/lists/institutions?q=dyrmyy&count=1')
  const { rows } = (await found.json()) as { rows: { id: string }[] }
  const paths: [string, string][] = [
    ['tree', `/directory?at=${rows[0]!.id}`],
    ['institution', `/directory/institution/${rows[0]!.id}`],
    ['map', '/directory/map'],
    ['areas', '/directory/areas'],
    ['lists', '/p/directory'],
    ['list', '/p/directory/services'],
    ['import', '/directory/import'],
  ]
  for (const [name, path] of paths) {
    for (const [width, size] of [
      ['phone', PHONE],
      ['wall', WALL],
    ] as const) {
      await page.setViewportSize(size)
      await page.goto(path)
      await expect(page.locator('h1')).toBeVisible()
      await expect(page.getByText('Loading…')).toHaveCount(0)
      await fits(page)
      await shot(page, `directory-${name}-en-dark-${width}`)
    }
  }
})
