import { expect, test, type Page } from '@playwright/test'
import { fits, logInAs, look, PHONE, shot, watch, WIDE } from './steps'

const READY_MS = 120_000

interface Study {
  id: string
  subject: { reference: string }
}

/** A study of an examination; waits while the data of the demonstration still come in. */
async function studyOf(page: Page, examination: string): Promise<Study> {
  let found: Study | undefined
  await expect(async () => {
    const answer = await page.request.get('/fhir/ImagingStudy?_count=200&_sort=-started')
    const entries = ((await answer.json()).entry ?? []) as { resource: Study }[]
    found = entries.map((entry) => entry.resource).find((study) => JSON.stringify(study).includes(examination))
    expect(found, examination).toBeTruthy()
  }).toPass({ timeout: READY_MS, intervals: [1000] })
  return found!
}

test('a study shows its picture, which the keyboard enlarges', async ({ page }) => {
  await page.setViewportSize(WIDE)
  await look(page, {})
  const seen = watch(page)
  await logInAs(page, 'clinician')
  const study = await studyOf(page, '胸部CT平扫')
  await page.goto(`/r/ImagingStudy/${study.id}`)
  const figure = page.locator('figure').first()
  await expect(figure).toContainText('示意图像 schematic image')
  const image = figure.getByRole('img')
  await expect(image).toHaveAttribute('alt', /示意图像/)
  await expect.poll(() => image.evaluate((drawn: HTMLImageElement) => drawn.naturalWidth)).toBe(200)
  await shot(page, 'image-study')
  const button = figure.getByRole('button')
  await button.focus()
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('dialog')
  await expect(dialog.locator('img')).toBeVisible()
  await page.waitForFunction(() => document.getAnimations().every((moving) => moving.playState !== 'running'))
  await shot(page, 'image-large')
  await page.keyboard.press('Escape')
  await expect(dialog).toBeHidden()
  await expect(button).toBeFocused()
  expect(seen).toEqual({ outside: [], broken: [] })
})

test('a timeline shows it small, and nothing where there is none', async ({ page }) => {
  await page.setViewportSize(PHONE)
  await look(page, { language: 'en', theme: 'dark' })
  await logInAs(page, 'clinician')
  const study = await studyOf(page, '胸部CT平扫')
  await page.goto(`/residents/patient/${study.subject.reference.split('/')[1]}`)
  const image = page.locator('figure.small').first().getByRole('img')
  await image.scrollIntoViewIfNeeded()
  await expect.poll(() => image.evaluate((drawn: HTMLImageElement) => drawn.naturalWidth)).toBe(200)
  await fits(page)
  await shot(page, 'image-timeline')
  const without = await studyOf(page, '甲状腺超声')
  await page.goto(`/r/ImagingStudy/${without.id}`)
  await expect(page.getByText('甲状腺超声').first()).toBeVisible()
  await expect(page.locator('figure')).toHaveCount(0)
})
