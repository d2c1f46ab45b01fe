import { expect, type Page } from '@playwright/test'

export const WIDE = { width: 1280, height: 900 }
export const PHONE = { width: 390, height: 844 }

export interface Look {
  theme?: 'light' | 'dark'
  language?: 'zh' | 'en'
  large?: boolean
}

/** How the next pages look, as if the reader had chosen it before. */
export async function look(page: Page, choice: Look) {
  await page.addInitScript((chosen: Look) => {
    localStorage.setItem('jingluo.theme', chosen.theme ?? 'light')
    localStorage.setItem('jingluo.language', chosen.language ?? 'zh')
    localStorage.setItem('jingluo.large', chosen.large ? 'yes' : 'no')
    // The guided visit begins by itself only once; a reader with habits has had it.
    if (!localStorage.getItem('jingluo.tour')) localStorage.setItem('jingluo.tour', '{"seen":true}')
  }, choice)
}

/** Logs in with one click on a demo account. */
export async function logInAs(page: Page, name: string) {
  await page.goto('/login')
  await page.locator(`[data-account=${name}]`).click()
  await expect(page).not.toHaveURL(/\/login/)
}

/** Every request leaves for this server only, and the page breaks no rule of its content-security policy. */
export function watch(page: Page): { outside: string[]; broken: string[] } {
  const seen = { outside: [] as string[], broken: [] as string[] }
  page.on('request', (request) => {
    const url = new URL(request.url())
    const own = new URL(page.url() === 'about:blank' ? request.url() : page.url())
    if (url.protocol.startsWith('http') && url.host !== own.host) seen.outside.push(request.url())
  })
  page.on('pageerror', (error) => seen.broken.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) seen.broken.push(message.text())
  })
  return seen
}

export async function shot(page: Page, name: string) {
  await page.screenshot({ path: `test-results/${name}.png` })
}

/** Nothing sticks out to the right of the window. */
export async function fits(page: Page) {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
  expect(over, `${page.url()} is wider than the window`).toBeLessThanOrEqual(0)
}

interface Row {
  person: string | null
  name: string
  pinyin: string
  birth_date: string
  registrations: { patient: string; institution: string | null }[]
}

const READY_MS = 120_000

/** A resident of the demonstration who is registered at several institutions; waits while its data still come in. */
export async function someResident(page: Page): Promise<Row> {
  let found: Row | null = null
  await expect(async () => {
    found = await firstWithSeveral(page)
    expect(found, 'a resident with several registrations').not.toBeNull()
  }).toPass({ timeout: READY_MS, intervals: [1000] })
  return found!
}

/** Whether something was measured more than once, and lately: only that has a trend to show. */
async function hasCourse(page: Page, person: string): Promise<boolean> {
  const answer = await page.request.get(`/fhir/Observation?resident=${person}&_sort=-date&_count=30`)
  const bundle = (await answer.json()) as { entry?: { resource: Measured }[] }
  const measured = (bundle.entry ?? []).map((entry) => entry.resource).filter((resource) => resource.valueQuantity)
  const codes = measured.map((resource) => JSON.stringify(resource.code.coding))
  return new Set(codes).size < codes.length
}

interface Measured {
  code: { coding: unknown }
  valueQuantity?: unknown
}

async function firstWithSeveral(page: Page): Promise<Row | null> {
  let next: string | null = ''
  for (let pages = 0; next !== null && pages < 50; pages++) {
    const answer = await page.request.get(`/api/residents?count=100${next ? `&page=${encodeURIComponent(next)}` : ''}`)
    const found = (await answer.json()) as { rows: Row[]; next: string | null }
    for (const row of found.rows.filter((candidate) => candidate.person && candidate.registrations.length > 1)) {
      if (await hasCourse(page, row.person!)) return row
    }
    next = found.next
  }
  return null
}
