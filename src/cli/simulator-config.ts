import { type Config, parseConfig } from '../gateway/index.ts'

/** The configuration of a gateway that has nothing but the built-in simulator behind it. */
export function simulatorConfig(url: string, server: { readonly host?: string; readonly port?: number }): Config {
  const dialects = { chat: `${url}/v1`, responses: `${url}/v1`, messages: `${url}/v1`, gemini: `${url}/v1beta` }
  const text = JSON.stringify({
    upstreams: { simulator: { dialects } },
    models: [{ match: '*', upstream: 'simulator' }],
    prices: { overrides: [{ match: 'sim/*', ...PRICES }] },
  })
  return parseConfig(text, { env: {}, file: 'the built-in configuration', server })
}

/** It bills nobody: a round price, so that there is something to be seen where cost is shown. */
const PRICES = { input: 1, output: 5, cacheRead: 0.1, cacheWrite: 1.25, cacheWrite1h: 2 }
