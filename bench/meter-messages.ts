/** What does metering a relayed Messages stream cost an event? */
import { benchMeter } from './meter.ts'

const event = (type: string, rest: string) => `event: ${type}\ndata: {"type":"${type}"${rest}}\n\n`

benchMeter({
  dialect: 'messages',
  opening: [
    event(
      'message_start',
      ',"message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-5","content":[],"stop_reason":null,"usage":{"input_tokens":21,"output_tokens":1}}',
    ),
    event('content_block_start', ',"index":0,"content_block":{"type":"text","text":""}'),
  ],
  delta: word => event('content_block_delta', `,"index":0,"delta":{"type":"text_delta","text":"${word}"}`),
  closing: [
    event('content_block_stop', ',"index":0'),
    event('message_delta', ',"delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":512}'),
    event('message_stop', ''),
  ],
})
