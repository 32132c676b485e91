/** Takes the pictures of the page for the docs: `npm run screenshots`. It wants Debian's Chromium. */
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openBrowser, openTab } from '../test/page/browser.ts'
import { buildPage } from '../test/page/build.ts'
import { type Asked, CLIENTS } from '../test/page/clients.ts'
import { openHouse } from '../test/page/house.ts'
import { keptExchanges } from '../test/page/kept.ts'

const IMAGES = resolve(import.meta.dirname, '../docs/images')
const HOUR_MS = 3_600_000

/** Who streams while the picture is taken. */
const STREAMS: readonly (readonly [client: keyof typeof CLIENTS, asked: Asked])[] = [
  ['messages', { model: 'claude-opus-5', settings: 'first=900,delay=60,words=900' }],
  ['messages', { model: 'claude-sonnet-5', settings: 'delay=25,words=3000' }],
  ['responses', { model: 'gpt-6', settings: 'delay=40,words=2000' }],
  ['chat', { model: 'qwen3:8b', settings: 'delay=15,words=5000' }],
  ['gemini', { model: 'gemini-4-flash', settings: 'delay=30,words=3000' }],
  ['messages', { model: 'qwen3:32b', settings: 'delay=35,words=3000' }],
  ['responses', { model: 'claude-sonnet-5', settings: 'delay=55,words=2000' }],
  ['chat', { model: 'gpt-6-mini', settings: 'first=60000' }],
  ['chat', { model: 'gemini-4-pro', settings: 'delay=80,words=1000' }],
  ['messages', { model: 'claude-haiku-5', settings: 'delay=30,words=80,fault=stall' }],
  ['responses', { model: 'sim/thinking?delay=900,first=4000', settings: '' }],
  ['messages', { model: 'sim/tools?delay=2000', settings: '' }],
]

const ENDED: readonly (readonly [client: keyof typeof CLIENTS, asked: Asked])[] = [
  ['chat', { model: 'gpt-6', settings: 'delay=8,words=120' }],
  ['messages', { model: 'claude-sonnet-5', settings: 'status=529' }],
  ['gemini', { model: 'gemini-4-flash', settings: 'delay=5,words=60' }],
  ['messages', { model: 'gpt-6', settings: 'first=350,delay=12,words=160' }],
]

await using built = await buildPage()
await using house = await openHouse(built.folder, { kept: keptExchanges(Date.now(), 6 * HOUR_MS, 2600) })
const browser = await openBrowser()
const gone = new AbortController()
for (const [client, asked] of ENDED) await CLIENTS[client](house.url, asked, gone.signal).catch(() => {})
for (const [client, asked] of STREAMS) void CLIENTS[client](house.url, asked, gone.signal).catch(() => {})

for (const scheme of ['light', 'dark'] as const) {
  await using tab = await openTab(browser, house.url, { colorScheme: scheme, viewport: { width: 1280, height: 760 } })
  const { page } = tab
  const shoot = (name: string) => page.screenshot({ path: `${IMAGES}/${name}-${scheme}.png`, scale: 'css' })
  await page.goto(house.url)
  await page.locator('.rows .row').first().waitFor()
  await sleep(scheme === 'light' ? 26_000 : 12_000)
  await shoot('live')
  await page.locator('.row.over', { hasText: 'gpt-6' }).locator('a').first().click()
  await page.locator('.moments li').first().waitFor()
  await shoot('stream')
  await page.goto(`${house.url}/#/overview`)
  await page.locator('label', { hasText: '6 hours' }).click()
  await page.locator('.u-over').first().waitFor()
  await sleep(500)
  await shoot('overview')
  for (const complaint of tab.complaints) console.error(complaint)
}

await using phone = await openTab(browser, house.url, { viewport: { width: 320, height: 640 }, colorScheme: 'light' })
await phone.page.goto(house.url)
await phone.page.locator('.rows .row').first().waitFor()
await sleep(3000)
await phone.page.screenshot({ path: `${IMAGES}/phone-light.png`, scale: 'css' })
gone.abort()
await browser.close()
