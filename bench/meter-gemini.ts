/** What does metering a relayed Gemini stream cost an event? */
import { benchMeter } from './meter.ts'

const chunk = (text: string, finish: string, output: number) =>
  `data: {"candidates":[{"content":{"parts":[{"text":"${text}"}],"role":"model"},${finish}"index":0}],"usageMetadata":{"promptTokenCount":21,"candidatesTokenCount":${output},"totalTokenCount":${21 + output}},"modelVersion":"gemini-2.5-flash","responseId":"r-1"}\n\n`

benchMeter({
  dialect: 'gemini',
  opening: [],
  delta: (word, at) => chunk(word, '', at),
  closing: [chunk('', '"finishReason":"STOP",', 512)],
})
