import { type Config, parseConfig } from '../gateway/index.ts'

/** The configuration of a gateway that has nothing but the built-in simulator behind it. */
export function simulatorConfig(url: string, server: { readonly host?: string; readonly port?: number }): Config {
  const dialects = { chat: `${url}/v1`, responses: `${url}/v1`, messages: `${url}/v1`, gemini: `${url}/v1beta` }
  const text = JSON.stringify({
    upstreams: { simulator: { dialects } },
    models: [{ match: '*', upstream: 'simulator' }],
  })
  return parseConfig(text, { env: {}, file: 'the built-in configuration', server })
}
