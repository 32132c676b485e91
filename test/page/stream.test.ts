/** One exchange, and the overview, in a real browser. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Page } from 'playwright-core'
import { eventually } from '../eventually.ts'
import { noBrowser, openTab } from './browser.ts'
import { CLIENTS } from './clients.ts'
import { openHouse } from './house.ts'
import { keptExchanges } from './kept.ts'
import { rowOf } from './rows.ts'
import { showPage } from './shown.ts'

const HOUR_MS = 3_600_000

suite('the views of one exchange and of all', { skip: noBrowser, concurrency: 2 }, () => {
  const shown = showPage()

  test('a stream is opened while it runs, and turns into its report', async () => {
    await using house = await openHouse(shown.built.folder)
    await using tab = await openTab(shown.browser, house.url)
    const { page } = tab
    const gone = new AbortController()
    const ended = CLIENTS.messages(
      house.url,
      { model: 'claude-opus-5', settings: 'delay=30,words=100000' },
      gone.signal,
    )
    ended.catch(() => {})
    await page.goto(house.url)
    await rowOf(page, 'claude-opus-5', ({ tokens }) => tokens > 0)
    await page.locator('.row a').first().click()
    await page.locator('.title .state', { hasText: 'writing' }).waitFor()
    await page.getByRole('button', { name: 'Stop' }).click()
    await page.getByRole('button', { name: 'Stop it' }).click()
    await assert.rejects(ended, /stopped by an operator/)
    await page.locator('.title .state', { hasText: 'cancelled' }).waitFor()
    await page.getByText('Stream was stopped by an operator').first().waitFor()
    await page.locator('.waterfall li', { hasText: 'First token' }).waitFor()
    await page.locator('.attempts li', { hasText: 'anthropic' }).waitFor()
    await page.getByText('estimated').first().waitFor()
    assert.deepEqual(tab.complaints, [])
  })

  test('its frames stand side by side, are played again, and are copied as a command', async () => {
    await using house = await openHouse(shown.built.folder)
    await using tab = await openTab(shown.browser, house.url, { permissions: ['clipboard-read', 'clipboard-write'] })
    const { page } = tab
    const asked = { model: 'gpt-6', settings: 'delay=4,words=40', text: "Say 'mill'" }
    await CLIENTS.messages(house.url, asked, new AbortController().signal)
    await page.goto(house.url)
    await rowOf(page, 'gpt-6', ({ state }) => state === 'done')
    await page.locator('.row a').first().click()
    const moments = page.locator('.moments li')
    await moments.first().waitFor()
    const all = await moments.count()
    assert.ok(all > 40)
    await page.locator('.said', { hasText: 'event: response.output_text.delta' }).first().waitFor()
    await page.locator('.said', { hasText: 'event: content_block_delta' }).first().waitFor()

    // Played at half its speed, some of it has not come yet; then all of it has.
    await page.getByLabel('Speed').selectOption('0.5')
    await page.getByRole('button', { name: 'Play again' }).click()
    await eventually(async () => (await moments.count()) < all || undefined, 1)
    await page.getByLabel('Speed').selectOption('20')
    await eventually(async () => (await moments.count()) === all || undefined, 20)

    await page.getByRole('button', { name: 'Copy as curl' }).click()
    const curl = String(await page.evaluate('navigator.clipboard.readText()'))
    assert.ok(curl.startsWith(`curl -N '${house.url}/v1/messages' \\\n`), curl)
    assert.ok(curl.includes(`-H 'authorization: Bearer '"$MILLRACE_KEY" \\\n`), curl)
    assert.ok(curl.includes("Say '\\''mill'\\''"), curl)
    await page.getByRole('button', { name: 'Copy replay command' }).click()
    const replay = String(await page.evaluate('navigator.clipboard.readText()'))
    assert.match(replay, /^millrace record \S+ > (\S+) && millrace replay \1$/)
    assert.deepEqual(tab.complaints, [])
  })

  test('the overview draws what the ledger keeps, by range and by group', async () => {
    const kept = keptExchanges(Date.now(), 5 * HOUR_MS, 500)
    await using house = await openHouse(shown.built.folder, { kept })
    await using tab = await openTab(shown.browser, house.url)
    const { page } = tab
    await page.goto(`${house.url}/#/overview`)
    await page.locator('label', { hasText: '6 hours' }).click()
    await page.locator('.sum', { hasText: 'requests' }).locator('b', { hasText: '500' }).waitFor()
    await page.locator('.plot canvas').nth(5).waitFor()
    assert.ok((await inkOf(page)).every(count => count > 200))

    const claude = kept.filter(({ model }) => model.sent === 'claude-opus-5')
    const row = page.locator('tbody tr', { hasText: 'claude-opus-5' })
    assert.equal(await row.locator('td').first().textContent(), String(claude.length))
    await page.locator('label', { hasText: 'upstream' }).click()
    const anthropic = kept.filter(({ upstream }) => upstream.name === 'anthropic')
    const group = page.locator('tbody tr', { hasText: 'anthropic' })
    await group.waitFor()
    assert.equal(await group.locator('td').first().textContent(), String(anthropic.length))
    await page.locator('label', { hasText: '15 minutes' }).click()
    const recent = kept.filter(({ time }) => Date.parse(time) > Date.now() - HOUR_MS / 4)
    await page
      .locator('.sum', { hasText: 'requests' })
      .locator('b', { hasText: String(recent.length) })
      .waitFor()
    assert.deepEqual(tab.complaints, [])
  })

  test('an exchange of an earlier gateway is found in the ledger', async () => {
    const kept = keptExchanges(Date.now(), HOUR_MS, 3)
    await using house = await openHouse(shown.built.folder, { kept })
    await using tab = await openTab(shown.browser, house.url)
    await tab.page.goto(`${house.url}/#/streams/${kept[0]?.id}`)
    await tab.page.getByRole('heading', { name: kept[0]?.model.requested ?? '' }).waitFor()
    assert.deepEqual(tab.complaints, [])
  })
})

/** How many pixels of each plot are drawn. */
async function inkOf(page: Page): Promise<readonly number[]> {
  return (await page.evaluate(`[...document.querySelectorAll('.plot canvas')].map(canvas => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
    let count = 0
    for (let at = 3; at < data.length; at += 4) if (data[at] > 0) count++
    return count
  })`)) as number[]
}
