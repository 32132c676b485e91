/**
 * What do ledger, metrics, prices and traces cost a gateway? CPU of its whole process, threads included, in
 * short whole answers and in streams of 100 events at 20 a read, against the same gateway without them.
 * Linux only: the CPU of a process by thread is read from `/proc`.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, createServer, request, type Server } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const MAIN = resolve(import.meta.dirname, '../src/cli/main.ts')
const ROUNDS = 7
const CONNECTIONS = 32

interface Way {
  readonly name: string
  readonly settings: object
}

interface Scenario {
  readonly name: string
  readonly stream: boolean
  readonly requests: number
}

interface Running {
  readonly way: Way
  readonly child: ChildProcess
  readonly url: string
}

const SCENARIOS: readonly Scenario[] = [
  { name: 'S1: short whole answers', stream: false, requests: 3000 },
  { name: 'K2: streams of 100 events, 20 a read', stream: true, requests: 2000 },
]

const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
const upstream = await startUpstream()
const collector = await startCollector()
const OFF = { ledger: { url: 'off' }, metrics: { enabled: false } }
const TELEMETRY = { otlp: urlOf(collector) }
const ways: readonly Way[] = [
  { name: 'none', settings: OFF },
  { name: 'ledger', settings: { ...OFF, ledger: { url: join(folder, 'one.db') } } },
  { name: 'metrics', settings: { ...OFF, metrics: { enabled: true } } },
  { name: 'ledger, metrics', settings: { ledger: { url: join(folder, 'two.db') } } },
  { name: 'ledger, metrics, traces', settings: { ledger: { url: join(folder, 'three.db') }, telemetry: TELEMETRY } },
]
const running = await Promise.all(ways.map(start))
try {
  for (const scenario of SCENARIOS) await measure(scenario)
} finally {
  for (const { child } of running) child.kill('SIGKILL')
  upstream.close()
  collector.close()
  rmSync(folder, { recursive: true, force: true })
}
process.exit()

async function measure(scenario: Scenario): Promise<void> {
  for (const { url } of running) await load(url, scenario)
  const spent = new Map(running.map(each => [each, [] as number[]]))
  for (let round = 0; round < ROUNDS; round++)
    for (const each of running) {
      const before = cpuMs(each.child.pid as number)
      await load(each.url, scenario)
      // What is written later is paid for too.
      await new Promise(resolve => setTimeout(resolve, 300))
      spent.get(each)?.push(((cpuMs(each.child.pid as number) - before) * 1000) / scenario.requests)
    }
  const medians = running.map(each => median(spent.get(each) as number[]))
  const [floor = 1] = medians
  console.log(`\n${scenario.name}\nNode ${process.versions.node}, ${ROUNDS} rounds in turn\n`)
  console.log('| kept | µs an exchange (median) | spread | ratio |\n|---|---|---|---|')
  running.forEach((each, at) => {
    const times = spent.get(each) as number[]
    const spread = `${Math.round(Math.min(...times))}–${Math.round(Math.max(...times))}`
    const own = medians[at] as number
    console.log(`| ${each.way.name} | ${own.toFixed(0)} | ${spread} | ${(own / floor).toFixed(2)} |`)
  })
}

/** Of all threads, also of those that have ended. */
function cpuMs(pid: number): number {
  const tasks = readdirSync(`/proc/${pid}/task`)
  return tasks.reduce(
    (sum, task) => sum + Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]) / 1e6,
    0,
  )
}

async function load(url: string, { stream, requests }: Scenario): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  let left = requests
  const work = async () => {
    while (left-- > 0) await ask(url, stream, agent)
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, work))
  agent.destroy()
}

function ask(url: string, stream: boolean, agent: Agent): Promise<void> {
  const body = JSON.stringify({ model: 'gpt-5-mini', stream, messages: [{ role: 'user', content: 'Hi' }] })
  return new Promise((resolve, reject) => {
    const asked = request(`${url}/v1/chat/completions`, {
      ...{ method: 'POST', agent },
      headers: { 'content-type': 'application/json', 'content-length': body.length },
    })
    asked.on('error', reject).on('response', response => response.resume().on('end', resolve))
    asked.end(body)
  })
}

async function start(way: Way): Promise<Running> {
  const file = join(folder, `${ways.indexOf(way)}.yaml`)
  const up = { dialects: ['chat'], baseUrl: `${urlOf(upstream)}/v1` }
  writeFileSync(file, JSON.stringify({ upstreams: { up }, log: { file: `${file}.log` }, ...way.settings }))
  const child = spawn(process.execPath, [MAIN, 'serve', '--port', '0', '--config', file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const text of child.stdout as AsyncIterable<Buffer>) {
    const url = /listening on (\S+)/.exec(text.toString())?.[1]
    if (url !== undefined) {
      child.stdout?.resume()
      return { way, child, url }
    }
  }
  throw new Error(`Cannot start the gateway with ${way.name}`)
}

/** Answers without reading more than where a request ends: it is not what is measured. */
async function startUpstream(): Promise<ReturnType<typeof createTcpServer>> {
  const chunk = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`
  const common = { id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'gpt-5-mini' }
  const frame = (members: object) => `data: ${JSON.stringify({ ...common, ...members })}\n\n`
  const delta = (content: string) => frame({ choices: [{ index: 0, delta: { content }, finish_reason: null }] })
  const usage = { prompt_tokens: 20, completion_tokens: 100, total_tokens: 120 }
  const reads = Array.from({ length: 5 }, (_, read) => {
    const frames = Array.from({ length: 20 }, (_, at) => delta(` word${read * 20 + at}`))
    if (read === 4)
      frames.push(
        frame({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }),
        frame({ choices: [], usage }),
        'data: [DONE]\n\n',
      )
    return chunk(frames.join(''))
  })
  const head = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n'
  const message = { role: 'assistant', content: 'Flour.' }
  const whole = JSON.stringify({
    ...common,
    object: 'chat.completion',
    choices: [{ index: 0, message, finish_reason: 'stop' }],
    usage,
  })
  const answer = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${whole.length}\r\n\r\n${whole}`
  const server = createTcpServer(socket => {
    socket
      .on('error', () => {})
      .on('data', asked => {
        if (!asked.includes('"stream":true')) {
          socket.write(answer)
          return
        }
        socket.write(head)
        for (const read of reads) socket.write(read)
        socket.write('0\r\n\r\n')
      })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

/** Takes what is exported, and keeps nothing. */
async function startCollector(): Promise<Server> {
  const server = createServer((asked, answer) => {
    asked.resume().on('end', () => answer.writeHead(200, { 'content-type': 'application/json' }).end('{}'))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

function urlOf(server: { address(): unknown }): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] as number
}
