/** Who may look at the page, and what other pages may not: in a real browser. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, suite, test } from 'node:test'
import { eventually } from '../eventually.ts'
import { noBrowser, openBrowser, openTab } from './browser.ts'
import { openHouse } from './house.ts'
import { rowOf } from './rows.ts'
import { showPage } from './shown.ts'

const KEYS = ['first-key-of-this-test', 'second-key-of-this-test']

suite('who may look', { skip: noBrowser }, () => {
  const shown = showPage()
  let stranger: Server
  let strangeUrl: string
  before(async () => {
    stranger = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Elsewhere</title>')
    })
    stranger.listen(0, '127.0.0.1')
    await once(stranger, 'listening')
    strangeUrl = `http://127.0.0.1:${(stranger.address() as AddressInfo).port}`
  })
  after(async () => {
    stranger?.close()
  })

  async function stream(url: string, model: string, key: string): Promise<string> {
    const headers = { 'content-type': 'application/json', 'x-api-key': key, 'x-sim': 'delay=30,words=100000' }
    const body = JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: 'Hi' }] })
    const response = await fetch(`${url}/v1/chat/completions`, { method: 'POST', headers, body })
    return response.headers.get('x-millrace-request-id') as string
  }

  test('with keys the link opens the page once, and shows all streams', async () => {
    await using house = await openHouse(shown.built.folder, { server: { keys: KEYS } })
    await stream(house.url, 'one', KEYS[0] as string)
    await stream(house.url, 'two', KEYS[1] as string)
    const link = house.pageUrl as string
    await using tab = await openTab(shown.browser, house.url)
    await tab.page.goto(link)
    await rowOf(tab.page, 'one', ({ tokens }) => tokens > 0)
    await rowOf(tab.page, 'two', ({ tokens }) => tokens > 0)
    assert.equal(tab.page.url(), `${house.url}/`)
    const [cookie] = await tab.context.cookies()
    assert.deepEqual([cookie?.httpOnly, cookie?.sameSite, cookie?.path], [true, 'Strict', '/'])
    assert.equal(await tab.page.evaluate('document.cookie'), '')
    // The session stays when the page is loaded anew.
    await tab.page.reload()
    await rowOf(tab.page, 'one')

    await using other = await openTab(shown.browser, house.url)
    await other.page.goto(link)
    await other.page.getByRole('alert').filter({ hasText: 'the link was used before' }).waitFor()
    assert.deepEqual([tab.complaints, other.complaints], [[], []])
  })

  test('a key opens it for its own streams, and leaving closes it', async () => {
    await using house = await openHouse(shown.built.folder, { server: { keys: KEYS } })
    await stream(house.url, 'mine', KEYS[0] as string)
    await stream(house.url, 'theirs', KEYS[1] as string)
    await using tab = await openTab(shown.browser, house.url)
    const { page } = tab
    await page.goto(house.url)
    await page.getByLabel('Key').fill('none-of-them')
    await page.getByRole('button', { name: 'Watch' }).click()
    await page.getByRole('alert').filter({ hasText: 'none of this gateway' }).waitFor()
    await page.getByLabel('Key').fill(KEYS[0] as string)
    await page.keyboard.press('Enter')
    await rowOf(page, 'mine', ({ tokens }) => tokens > 0)
    assert.equal(await page.locator('.row', { hasText: 'theirs' }).count(), 0)
    // What the browser keeps of it gives nothing away.
    const kept = String(
      await page.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])'),
    )
    assert.equal(kept, '[{},{},""]')
    assert.ok(!(await page.content()).includes(KEYS[0] as string))
    await page.getByRole('button', { name: /^Leave/ }).click()
    await page.getByLabel('Key').waitFor()
    await page.reload()
    await page.getByLabel('Key').waitFor()
    assert.deepEqual(tab.complaints, [])
  })

  test('another page reads nothing, stops nothing, and frames nothing', async () => {
    await using house = await openHouse(shown.built.folder)
    const id = await stream(house.url, 'one', 'any')
    await using tab = await openTab(shown.browser, strangeUrl)
    const { page } = tab
    await page.goto(strangeUrl)
    const tried = await page.evaluate(`(async () => {
      const gateway = ${JSON.stringify(house.url)}
      const ask = (path, init) => fetch(gateway + path, init).then(r => r.status + ' ' + r.type, e => e.name)
      const live = new EventSource(gateway + '/api/live')
      const watched = new Promise(resolve => { live.onmessage = live.onopen = () => resolve('open'); live.onerror = () => resolve('refused') })
      const stop = '/api/streams/${id}/stop'
      const json = { 'content-type': 'application/json' }
      return [
        await ask('/api/overview'),
        await ask('/api/streams'),
        await ask('/api/live/${id}'),
        await ask(stop, { method: 'POST', headers: json, body: '{}' }),
        await ask(stop, { method: 'POST', mode: 'no-cors', body: '{}' }),
        await ask('/', { mode: 'no-cors' }),
        await watched,
      ]
    })()`)
    assert.deepEqual(tried, [
      ...['TypeError', 'TypeError', 'TypeError', 'TypeError'],
      // Sent, refused, and nothing of it to be read.
      ...['0 opaque', '0 opaque', 'refused'],
    ])
    const own = (await (await fetch(`${house.url}/api/live/${id}`)).json()) as { outcome: null }
    assert.equal(own.outcome, null)
    await page.evaluate(
      `document.body.append(Object.assign(document.createElement('iframe'), { src: ${JSON.stringify(house.url)} }))`,
    )
    const frame = await eventually(() => page.frames()[1])
    await eventually(() => frame.url().startsWith('chrome-error:') || undefined)
  })

  test('a name that was pointed at the gateway is not its own', async () => {
    await using house = await openHouse(shown.built.folder)
    const rebound = await openBrowser(['--host-resolver-rules=MAP rebound.test 127.0.0.1'])
    try {
      const page = await rebound.newPage()
      const answer = await page.goto(house.url.replace('127.0.0.1', 'rebound.test'))
      assert.equal(answer?.status(), 403)
      assert.match(await page.content(), /Host is not allowed/)
    } finally {
      await rebound.close()
    }
  })
})
