import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { Program } from '../../test/process.ts'

const CATALOGUE = JSON.stringify([
  {
    ...{ id: 'mill', name: 'Mill', api_pattern: 'https://mill\\.example' },
    models: [
      {
        ...{ id: 'mill-1', match: { equals: 'mill-1' } },
        prices: {
          input_mtok: { base: 2, tiers: [{ start: 200_000, price: 4 }] },
          cache_read_mtok: 0.2,
          output_mtok: 8,
        },
      },
    ],
  },
])

suite('prices', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-prices-'))
  let served: { readonly status: number; readonly body: string } = { status: 200, body: CATALOGUE }
  const server = createServer((_, response) => response.writeHead(served.status).end(served.body))
  let url: string

  before(async () => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/data.json`
  })
  after(() => {
    server.close()
    rmSync(folder, { recursive: true })
  })

  test('a model of the bundled catalogue is shown with who bills for it and what a tier costs', async () => {
    const { code, stdout } = await Program.run(['prices', 'gpt-4', '--no-json'], {
      upstreams: { openai: {}, local: { baseUrl: 'http://127.0.0.1:1/v1', dialects: ['chat'] } },
      prices: { overrides: [{ match: 'gpt-4', tiers: { flex: 0.5 } }] },
    })
    assert.equal(code, 0)
    assert.match(stdout, /^gpt-4 at openai, billed by openai, by genai-prices \d+\.\d+\.\d+\n/)
    assert.match(stdout, /^input +a million tokens +30$/m)
    assert.match(stdout, /^tier flex +of all tokens +× 0\.5$/m)
    assert.doesNotMatch(stdout, /local/)
  })

  test('a program is told a line of JSON for each upstream that has a price', async () => {
    const { stdout } = await Program.run(['prices', 'own-1', '--upstream', 'b'], {
      upstreams: Object.fromEntries(
        ['a', 'b'].map(name => [name, { baseUrl: 'http://127.0.0.1:1', dialects: ['chat'] }]),
      ),
      prices: { overrides: [{ match: 'own-*', input: 0.2, output: 0.6 }] },
    })
    const { upstream, source, prices } = JSON.parse(stdout)
    assert.deepEqual(
      { upstream, source, prices },
      { upstream: 'b', source: 'config', prices: { input_mtok: 0.2, output_mtok: 0.6 } },
    )
  })

  test('what nobody knows is said to be unknown', async () => {
    const { code, stdout } = await Program.run(['prices', 'gpt-4', '--no-json', '--upstream', '127.0.0.1:8000'])
    assert.deepEqual(
      [code, stdout],
      [0, 'no price is known here: `prices.overrides` of the configuration can give one\n'],
    )
  })

  test('a catalogue is fetched, used, and named by its day', async () => {
    const file = join(folder, 'new', 'prices.json')
    const config = {
      upstreams: { mill: { baseUrl: 'https://mill.example/v1', dialects: ['chat'] } },
      prices: { file },
    }
    const updated = await Program.run(['prices', 'update', '--url', url], config)
    assert.deepEqual([updated.code, updated.stdout], [0, `1 models of 1 providers are in ${file}\n`])
    assert.equal(readFileSync(file, 'utf8'), CATALOGUE)
    assert.deepEqual(readdirSync(join(folder, 'new')), ['prices.json'])
    utimesSync(file, new Date('2026-11-20T12:00:00Z'), new Date('2026-11-20T12:00:00Z'))
    const { stdout } = await Program.run(['prices', 'mill-1', '--no-json'], config)
    assert.match(stdout, /^mill-1 at mill, billed by mill, by genai-prices of 2026-11-20\n/)
    assert.match(stdout, /^input +a million tokens +2, 4 above 200000 tokens of input$/m)
  })

  test('without a place in the configuration it goes to the data folder, and says how it is used', async () => {
    const data = join(folder, 'data')
    const { code, stdout } = await Program.run(['prices', 'update', '--url', url], undefined, { XDG_DATA_HOME: data })
    assert.equal(code, 0)
    assert.match(stdout, /a gateway uses it with `prices: \{ file: ".*prices\.json" \}`/)
    assert.ok(existsSync(join(data, 'millrace', 'prices.json')))
  })

  test('what is no catalogue is not kept', async () => {
    const file = join(folder, 'kept.json')
    writeFileSync(file, CATALOGUE)
    served = { status: 200, body: '<html>' }
    const html = await Program.run(['prices', 'update', '--url', url, '--file', file])
    assert.deepEqual([html.code, html.stderr], [2, 'millrace: Cannot read the price catalogue: it is not JSON\n'])
    served = { status: 404, body: 'gone' }
    const gone = await Program.run(['prices', 'update', '--url', url, '--file', file])
    assert.deepEqual(
      [gone.code, gone.stderr],
      [1, `millrace: Cannot fetch the price catalogue from ${url}: status 404\n`],
    )
    assert.equal(readFileSync(file, 'utf8'), CATALOGUE)
  })

  test('the first exchange of a gateway has its cost, and a client is told that asks', async () => {
    await using program = await Program.start(['serve', '--port', '0'])
    const url = await program.url()
    const answer = await fetch(`${url}/v1/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-millrace-usage': 'include' },
      body: JSON.stringify({ model: 'sim/story', max_tokens: 100, messages: [{ role: 'user', content: 'Hi' }] }),
    })
    const { usage } = (await answer.json()) as { usage: { millrace: { cost_usd: number; price_source: string } } }
    assert.equal(usage.millrace.price_source, 'config')
    assert.ok(usage.millrace.cost_usd > 0)
  })

  test('a gateway whose catalogue is not there does not start', async () => {
    const { code, stderr } = await Program.run(['serve', '--port', '0'], { prices: { file: '/nowhere/prices.json' } })
    assert.equal(code, 2)
    assert.match(stderr, /there is no file "\/nowhere\/prices\.json": fetch it with `millrace prices update`/)
  })
})
