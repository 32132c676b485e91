/** How many text deltas a second one core decodes, and decodes and encodes again, in Responses. */
import { cpus } from 'node:os'
import { DIALECTS } from '../src/dialects/index.ts'
import { Losses } from '../src/model/index.ts'

const DELTAS = 20_000
const ROUNDS = 12

function streamOf(round: number): { event: string; data: string }[] {
  const response = {
    id: `resp_${round}`,
    object: 'response',
    created_at: 1,
    model: 'm',
    status: 'in_progress',
    output: [],
  }
  const item = { id: `msg_${round}`, type: 'message', role: 'assistant', status: 'in_progress', content: [] }
  const at = { item_id: item.id, output_index: 0, content_index: 0 }
  const events: { type: string; [member: string]: unknown }[] = [
    { type: 'response.created', response },
    { type: 'response.output_item.added', output_index: 0, item },
    {
      type: 'response.content_part.added',
      ...at,
      part: { type: 'output_text', text: '', annotations: [], logprobs: [] },
    },
  ]
  for (let n = 0; n < DELTAS; n++)
    events.push({
      type: 'response.output_text.delta',
      ...at,
      delta: ` word${n % 97}`,
      logprobs: [],
      obfuscation: 'Xk2Lq',
    })
  events.push({ type: 'response.completed', response: { ...response, status: 'completed' } })
  return events.map((event, n) => ({ event: event.type, data: JSON.stringify({ ...event, sequence_number: n }) }))
}

function run(isEncoded: boolean): number {
  const { codec } = DIALECTS.responses
  const rates: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const events = streamOf(round)
    let length = 0
    const context = {
      request: undefined,
      model: undefined,
      losses: new Losses(),
      createId: (p: string) => p,
      now: () => 1,
    }
    const encoder = codec.createStreamEncoder(context, text => {
      length += text.length
    })
    const decoder = codec.createStreamDecoder({ issuer: 'up' }, event => {
      if (isEncoded) encoder.push(event)
      else length++
    })
    const start = performance.now()
    for (const event of events) decoder.push(event)
    rates.push(DELTAS / ((performance.now() - start) / 1000))
    if (length === 0) throw new Error('Cannot measure: nothing came out')
  }
  return rates.sort((a, b) => a - b)[ROUNDS >> 1] as number
}

console.log(`Node ${process.version}, ${cpus()[0]?.model}`)
console.log(`decode           ${Math.round(run(false)).toLocaleString('en')} deltas/s`)
console.log(`decode + encode  ${Math.round(run(true)).toLocaleString('en')} deltas/s`)
