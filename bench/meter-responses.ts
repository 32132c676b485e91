/** What does metering a relayed Responses stream cost an event? */
import { benchMeter } from './meter.ts'

const event = (type: string, at: number, rest: string) =>
  `event: ${type}\ndata: {"type":"${type}","sequence_number":${at}${rest}}\n\n`
const response = (status: string, usage: string) =>
  `,"response":{"id":"resp_1","object":"response","status":"${status}","model":"gpt-4o-mini","output":[],"usage":${usage}}`

benchMeter({
  dialect: 'responses',
  opening: [
    event('response.created', 0, response('in_progress', 'null')),
    event(
      'response.output_item.added',
      1,
      ',"output_index":0,"item":{"id":"msg_1","type":"message","role":"assistant","content":[]}',
    ),
  ],
  delta: (word, at) =>
    event(
      'response.output_text.delta',
      at + 2,
      `,"item_id":"msg_1","output_index":0,"content_index":0,"delta":"${word}","logprobs":[],"obfuscation":"aB3dE5fG"`,
    ),
  closing: [
    event(
      'response.completed',
      514,
      response('completed', '{"input_tokens":21,"output_tokens":512,"total_tokens":533}'),
    ),
  ],
})
