import { readFile } from 'node:fs/promises'
import { Command, InvalidArgumentError } from 'commander'
import { type Capture, decodeCapture } from '../capture/index.ts'
import { oneLine } from '../redact.ts'
import { startSimulator } from '../simulator/index.ts'
import { parsePort } from './options.ts'
import { stopOnSignals } from './signals.ts'

interface ReplayFlags {
  readonly speed: number
  readonly host: string
  readonly port: number
}

export function replayCommand(): Command {
  return new Command('replay')
    .description("Serve a captured exchange's upstream: every request of its kind gets the captured answer.")
    .argument('<file>', 'the file, as `millrace record` prints it')
    .option('--speed <factor>', 'how many times faster than it was; 0 waits for nothing', parseSpeed, 1)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <number>', 'port to listen on; 0 takes a free one', parsePort, 8644)
    .action(replay)
}

async function replay(file: string, { speed, host, port }: ReplayFlags): Promise<void> {
  const capture = decodeCapture(await readFile(file))
  const simulator = await startSimulator({ host, port, captured: { capture, speed } })
  stopOnSignals(() => simulator.close())
  process.stdout.write(`millrace replay listening on ${simulator.url}\n\n${hint(capture, simulator.url)}`)
}

function parseSpeed(text: string): number {
  const speed = Number(text)
  if (!/^\d+(\.\d+)?$/.test(text)) throw new InvalidArgumentError('it takes a number from 0, as in 2 or 0.5.')
  return speed
}

type Spoken = NonNullable<Capture['dialects']['upstream']>

/** Where a client of each dialect is pointed, and what it then asks for. */
const POINTED = {
  chat: ['OPENAI_BASE_URL=', '/v1', '/chat/completions'],
  responses: ['OPENAI_BASE_URL=', '/v1', '/responses'],
  messages: ['ANTHROPIC_BASE_URL=', '', '/v1/messages'],
  gemini: ['GOOGLE_GEMINI_BASE_URL=', '', '/v1beta/models/any:streamGenerateContent?alt=sse'],
} as const satisfies Record<Spoken, readonly [variable: string, base: string, path: string]>

/** Where the version stands in the base URL of an upstream. */
const VERSIONS = { chat: '/v1', responses: '/v1', messages: '/v1', gemini: '/v1beta' } as const satisfies Record<
  Spoken,
  string
>

function hint(capture: Capture, url: string): string {
  const { id, dialects, report, steps } = capture
  const dialect = dialects.upstream ?? 'chat'
  const [variable, base, path] = POINTED[dialect]
  const reads = steps.filter(step => step.type === 'chunk' && step.side === 'upstream')
  const took = `${report?.outcome ?? 'torn'}, ${reads.length} reads in ${steps.at(-1)?.at ?? 0} ms`
  return `Every request of ${dialect} is answered as exchange ${oneLine(id)} was: ${took}.

A client:      ${variable}${url}${base}
By hand:       curl -N '${url}${base}${path}' -H 'content-type: application/json' -d '{}'
Behind a gateway, in its millrace.yaml:
  upstreams: { replay: { baseUrl: "${url}${VERSIONS[dialect]}", dialects: [${dialect}] } }
  models: [{ match: "*", upstream: replay }]
`
}
