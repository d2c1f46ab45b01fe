import { defineConfig } from '@playwright/test'

// A running server is given by BASE_URL; the browser by CHROMIUM. Nothing is downloaded.
export default defineConfig({
  testDir: 'tests',
  outputDir: 'test-results/traces',
  fullyParallel: false,
  workers: 1,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: [['list']],
  use: {
    baseURL: process.env.BASE_URL ?? 'http://127.0.0.1:8080',
    locale: 'zh-CN',
    timezoneId: 'America/New_York', // dates are the city's, wherever the reader sits
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
})
