/** What others wrote is text and nothing else: in a real browser, with everything open that can be. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, suite, test } from 'node:test'
import { noBrowser, openTab } from './browser.ts'
import { type House, openHouse } from './house.ts'
import { rowOf } from './rows.ts'
import { showPage } from './shown.ts'

/** Each would do something, were it more than text. */
const EVIL = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(2)>',
  '![picture](http://elsewhere.test/a.png)',
  '[link](javascript:alert(3))',
  '<a href="http://elsewhere.test/">click</a>',
  '"><svg onload=alert(4)>',
  '</title></style><iframe src="http://elsewhere.test/">',
  '{{constructor.constructor("alert(5)")()}}',
].join(' ')

const MODEL = `evil ${EVIL}`

suite('what others wrote is inert', { skip: noBrowser }, () => {
  const shown = showPage()
  let refusing: Server
  before(async () => {
    refusing = createServer((request, response) => {
      request.resume()
      const error = { message: EVIL, type: `type ${EVIL}`, code: EVIL, param: null }
      response.writeHead(400, { 'content-type': 'application/json', 'x-evil': EVIL }).end(JSON.stringify({ error }))
    })
    refusing.listen(0, '127.0.0.1')
    await once(refusing, 'listening')
  })
  after(async () => {
    refusing?.close()
  })

  const ask = async ({ url }: House, model: string) => {
    const headers = { 'content-type': 'application/json', 'user-agent': EVIL, 'x-evil': EVIL }
    const body = JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: EVIL }] })
    await (await fetch(`${url}/v1/chat/completions`, { method: 'POST', headers, body })).text()
  }

  test('in prompts, answers, model names, user agents and errors of upstreams', async () => {
    const { port } = refusing.address() as AddressInfo
    await using house = await openHouse(shown.built.folder, {
      upstreams: { refusing: { dialects: { chat: `http://127.0.0.1:${port}/v1` } } },
      models: [{ match: 'evil*', upstream: 'refusing' }],
    })
    await using tab = await openTab(shown.browser, house.url)
    const { page } = tab
    await ask(house, 'sim/echo')
    await ask(house, MODEL)
    await page.goto(house.url)
    await rowOf(page, 'sim/echo', ({ state }) => state === 'done')

    // The error of an upstream, and a model's name, in the list and in the view of the stream.
    await page.locator('.row', { hasText: 'evil' }).locator('a').click()
    await page.locator('.failure', { hasText: '<script>alert(1)</script>' }).waitFor()
    await page.getByRole('heading', { level: 1, name: MODEL }).waitFor()
    await openAll()
    await assertInert()

    // A prompt and an answer, in frames, requests and headers.
    await page.goto(house.url)
    await page.locator('.row', { hasText: 'sim/echo' }).locator('a').click()
    await page.locator('.moments li').first().waitFor()
    await openAll()
    await page.locator('details pre', { hasText: '<img src=x onerror=alert(2)>' }).first().waitFor()
    await assertInert()

    // Names of groups.
    await page.goto(`${house.url}/#/overview`)
    await page.locator('tbody tr', { hasText: 'evil' }).first().waitFor()
    await assertInert()

    async function openAll() {
      await page.evaluate('for (const details of document.querySelectorAll("details")) details.open = true')
    }

    async function assertInert() {
      const made = await page.evaluate(`({
        scripts: document.querySelectorAll('script').length,
        strangers: document.querySelectorAll('img, iframe, object, embed, video, audio, form, base, meta[http-equiv]').length,
        links: [...document.querySelectorAll('a')].filter(a => !a.href.startsWith(location.origin + '/')).length,
        handlers: [...document.querySelectorAll('*')].filter(e => [...e.attributes].some(a => a.name.startsWith('on'))).length,
      })`)
      assert.deepEqual(made, { scripts: 1, strangers: 0, links: 0, handlers: 0 })
      assert.deepEqual(tab.complaints, [])
    }
  })

  test('and the policy would not let it be anything else', async () => {
    await using house = await openHouse(shown.built.folder)
    await using tab = await openTab(shown.browser, house.url)
    await tab.page.goto(house.url)
    const outcome = await tab.page.evaluate(`(() => {
      const box = document.createElement('div')
      const tried = make => { try { make(); return 'done' } catch (error) { return error.name } }
      return [
        tried(() => { box.innerHTML = '<b>x</b>' }),
        tried(() => { document.write('x') }),
        tried(() => { setTimeout('1') }),
      ]
    })()`)
    assert.deepEqual(outcome, ['TypeError', 'TypeError', 'TypeError'])
  })
})
