/** What is talked about in every loop: two tools, called three times in two turns, then an answer. */

export const QUESTION = 'Is it dry enough to harvest in Brig, and what is the time there?'
export const ANSWER = 'Harvest.'

export const THOUGHT = 'I need both.'
export const SECOND_THOUGHT = 'Once more.'
export const WORDS = 'Let me see. 🌾'
/** A NUL, which some JSON of the wire loses. */
export const PLACE = { place: 'Brig', big: '\u0000' } as const

export const TOOLS = [
  {
    name: 'get_weather',
    description: 'Rain',
    schema: { type: 'object', properties: { place: { type: 'string' } } },
  },
  { name: 'get_time', description: 'Time', schema: { type: 'object', properties: {} } },
] as const

const RESULTS: Readonly<Record<string, string>> = { get_weather: '{"rain":0}', get_time: '16:05' }

export function resultOf(tool: string): string {
  const result = RESULTS[tool]
  if (result === undefined) throw new Error(`Cannot call "${tool}": there is no such tool`)
  return result
}

/** Which of the results a text holds, in whatever wrapping. */
export function resultIn(value: unknown): string | undefined {
  const text = JSON.stringify(value) ?? ''
  return Object.keys(RESULTS).find(name => text.includes(name === 'get_weather' ? 'rain' : '16:05'))
}
