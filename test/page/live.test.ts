/** The live view in a real browser, while official SDKs stream. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { suite, test } from 'node:test'
import { eventually } from '../eventually.ts'
import { noBrowser, openTab } from './browser.ts'
import { type Asked, CLIENTS } from './clients.ts'
import { type House, openHouse } from './house.ts'
import { rowOf, shownRows } from './rows.ts'
import { showPage } from './shown.ts'

const LONG = 'delay=30,words=100000'

suite('the live view', { skip: noBrowser, concurrency: 2 }, () => {
  const shown = showPage()

  /** A gateway, its page in a tab, and clients that stop when the test does. */
  async function open(options: Parameters<typeof openTab>[2] = {}) {
    const house = await openHouse(shown.built.folder)
    const tab = await openTab(shown.browser, house.url, options)
    const gone = new AbortController()
    await tab.page.goto(house.url)
    return {
      ...tab,
      house,
      stream: (client: keyof typeof CLIENTS, asked: Asked) => {
        const ended = CLIENTS[client](house.url, asked, gone.signal)
        ended.catch(() => {})
        return ended
      },
      async [Symbol.asyncDispose]() {
        gone.abort()
        await tab[Symbol.asyncDispose]()
        await house[Symbol.asyncDispose]()
      },
    }
  }

  test('shows a row for each SDK that streams, and it moves', async () => {
    await using at = await open()
    const streams = [
      ['chat', 'qwen3', /^chat→local/],
      ['responses', 'gpt-6', /^responses→openai/],
      ['messages', 'claude-opus-5', /^messages→anthropic/],
      ['gemini', 'gemini-4', /^gemini→google/],
    ] as const
    for (const [client, model] of streams) at.stream(client, { model, settings: LONG })
    for (const [, model, way] of streams) {
      const first = await rowOf(at.page, model, ({ state, tokens }) => state === 'writing' && tokens > 0)
      assert.match(first.way, way)
      await rowOf(at.page, model, ({ tokens }) => tokens > first.tokens)
    }
    assert.equal(await at.page.locator('.sum b').first().textContent(), '4')
    assert.deepEqual(at.complaints, [])
  })

  test('shows what a stream is at: waiting, thinking, calling a tool, done and failed', async () => {
    await using at = await open()
    at.stream('chat', { model: 'slow', settings: 'first=600000' })
    at.stream('messages', { model: 'sim/thinking?delay=1200', settings: '' })
    at.stream('messages', { model: 'sim/tools?delay=1200', settings: '' })
    at.stream('chat', { model: 'quick', settings: 'words=3' })
    at.stream('chat', { model: 'broken', settings: 'fault=reset' })
    await rowOf(at.page, 'slow', ({ state }) => state === 'waiting')
    await rowOf(at.page, 'sim/thinking?delay=1200', ({ state }) => state === 'thinking')
    await rowOf(at.page, 'sim/tools?delay=1200', ({ state }) => state === 'tool')
    await rowOf(at.page, 'quick', ({ state }) => state === 'done')
    await rowOf(at.page, 'broken', ({ state }) => state === 'failed')
    assert.deepEqual(at.complaints, [])
  })

  test('stops a stream: its client gets an error of its dialect, its upstream is let go', async () => {
    await using at = await open()
    const ended = at.stream('messages', { model: 'claude-opus-5', settings: LONG })
    await rowOf(at.page, 'claude-opus-5', ({ tokens }) => tokens > 0)
    await at.page.getByRole('button', { name: 'Stop claude-opus-5' }).click()
    await at.page.getByRole('button', { name: 'Let it run' }).click()
    await at.page.getByRole('dialog').waitFor({ state: 'hidden' })
    await at.page.getByRole('button', { name: 'Stop claude-opus-5' }).click()
    await at.page.getByRole('button', { name: 'Stop it' }).click()
    await assert.rejects(ended, /stopped by an operator/)
    await rowOf(at.page, 'claude-opus-5', ({ state }) => state === 'cancelled')
    await eventually(async () => {
      const requests = (await (await fetch(`${at.house.simulatorUrl}/__sim/requests`)).json()) as readonly Seen[]
      return requests.some(({ hungUp }) => hungUp) || undefined
    })
    assert.deepEqual(at.complaints, [])
  })

  test('is steered by the keyboard alone', async () => {
    await using at = await open()
    for (const model of ['one', 'two', 'three']) {
      at.stream('chat', { model, settings: LONG })
      await rowOf(at.page, model, ({ tokens }) => tokens > 0)
    }
    const { page } = at
    const chosen = () => page.locator('.row.chosen .model').textContent()
    await page.keyboard.press('ArrowDown')
    assert.equal(await chosen(), 'three')
    await page.keyboard.press('End')
    assert.equal(await chosen(), 'one')
    await page.keyboard.press('ArrowUp')
    assert.equal(await chosen(), 'two')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'two' }).waitFor()
    assert.equal(await page.evaluate('document.activeElement.id'), 'main')
    await page.keyboard.press('Escape')
    await rowOf(page, 'two')
    await page.keyboard.press('ArrowDown')
    assert.equal(await chosen(), 'three')
    await page.keyboard.press('/')
    await page.keyboard.type('chat on')
    await eventually(async () => (await shownRows(page)).length === 1 || undefined)
    assert.equal((await shownRows(page))[0]?.model, 'one')
    await page.keyboard.press('Escape')
    await eventually(async () => (await shownRows(page)).length === 3 || undefined)
    await page.keyboard.press('Home')
    await page.keyboard.press('Delete')
    await page.getByRole('dialog').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    assert.deepEqual(at.complaints, [])
  })

  test('tells who has no streams yet what to send, and it works', async () => {
    await using at = await open()
    const shown = at.page.locator('.nothing pre')
    assert.ok(await shown.isVisible())
    const curl = (await shown.textContent()) ?? ''
    const child = spawn('sh', ['-c', curl], { stdio: 'ignore' })
    try {
      await rowOf(at.page, 'sim/story?delay=80,words=400', ({ tokens }) => tokens > 0)
    } finally {
      child.kill()
    }
    assert.deepEqual(at.complaints, [])
  })

  test('can be paused, and goes on with what is then', async () => {
    await using at = await open()
    at.stream('chat', { model: 'one', settings: LONG })
    await rowOf(at.page, 'one', ({ tokens }) => tokens > 0)
    await at.page.getByRole('button', { name: 'Pause' }).click()
    const [before] = await shownRows(at.page)
    at.stream('chat', { model: 'two', settings: LONG })
    await eventually(async () => (await openStreams(at.house)) === 2 || undefined)
    assert.deepEqual(
      (await shownRows(at.page)).map(({ model, tokens }) => [model, tokens]),
      [['one', before?.tokens]],
    )
    await at.page.getByRole('button', { name: 'Go on' }).click()
    await rowOf(at.page, 'two', ({ tokens }) => tokens > 0)
    await rowOf(at.page, 'one', ({ tokens }) => tokens > (before?.tokens ?? 0))
  })

  test('draws of many streams those that can be seen', async () => {
    await using at = await open()
    for (let n = 0; n < 150; n++) at.stream('chat', { model: `model-${n}`, settings: 'first=600000' })
    await eventually(async () => (await at.page.locator('.sum b').first().textContent()) === '150' || undefined, 50)
    assert.ok((await shownRows(at.page)).length < 40)
    await at.page.keyboard.press('ArrowDown')
    await at.page.keyboard.press('End')
    await eventually(
      async () =>
        ((await shownRows(at.page)).length > 5 && (await at.page.locator('.row.chosen').isVisible())) || undefined,
    )
  })

  test('fits a phone of 320 pixels, and both colour schemes', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await using at = await open({ viewport: { width: 320, height: 640 }, colorScheme, reducedMotion: 'reduce' })
      at.stream('chat', { model: 'a-model-with-quite-a-long-name-that-fits-nowhere', settings: LONG })
      await at.page.locator('.rows .row').first().waitFor()
      for (const hash of ['#/', '#/overview']) {
        await at.page.goto(`${at.house.url}/${hash}`)
        await at.page.locator('main h1').first().waitFor({ state: 'attached' })
        assert.equal(await at.page.evaluate('document.documentElement.scrollWidth'), 320, `${hash} is too wide`)
      }
      const paper = await at.page.evaluate('getComputedStyle(document.documentElement).backgroundColor')
      assert.equal(paper, colorScheme === 'light' ? 'rgb(247, 248, 248)' : 'rgb(15, 21, 20)')
      assert.deepEqual(at.complaints, [])
    }
  })
})

interface Seen {
  readonly hungUp: boolean
}

async function openStreams({ url }: House): Promise<number> {
  const abort = new AbortController()
  const response = await fetch(`${url}/api/live`, { signal: abort.signal })
  const { value } = await (response.body as ReadableStream<Uint8Array>).getReader().read()
  abort.abort()
  const [, json = '{}'] = /data: (.*)/.exec(new TextDecoder().decode(value)) ?? []
  const { rows = [] } = JSON.parse(json) as { rows?: { outcome: string | null }[] }
  return rows.filter(({ outcome }) => outcome === null).length
}
