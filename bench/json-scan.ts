/** What does it cost to find `model` and `stream` in a large request without changing a byte of it? */
import { fromUtf8, toUtf8 } from '../src/bytes.ts'
import { member, scanObject } from '../src/json/index.ts'
import { compare } from './compare.ts'

const tool = {
  name: 'read_file',
  description: 'Reads a file. '.repeat(120),
  input_schema: { type: 'object', properties: { path: { type: 'string' } } },
}
const body = fromUtf8(
  JSON.stringify({
    model: 'claude-sonnet-4-5',
    max_tokens: 32000,
    system: [{ type: 'text', text: 'You are careful.\n'.repeat(1500), cache_control: { type: 'ephemeral' } }],
    messages: Array.from({ length: 30 }, (_, at) => ({
      role: at % 2 ? 'assistant' : 'user',
      content: `Line ${at} "quoted"\n`.repeat(30),
    })),
    tools: Array.from({ length: 12 }, () => tool),
    stream: true,
  }),
)

compare(`A request of ${Math.round(body.length / 1024)} KiB, members found`, { name: 'request', count: 1 }, [
  { name: 'JSON.parse', run: () => JSON.parse(toUtf8(body)).model.length },
  { name: 'scanObject', run: () => member(scanObject(body), 'model')?.start ?? Number.NaN },
])
