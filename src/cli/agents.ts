/** How the coding agents are pointed at a gateway: by variables and flags, never by files of the user's. */

import type { Config } from '../gateway/index.ts'

type DialectName = keyof Config['upstreams'][number]['baseUrls']

/** Where an agent is to go. */
export interface Destination {
  /** The gateway, `http://127.0.0.1:8642`. */
  readonly url: string
  /** A client key of the gateway; undefined: it asks for none. */
  readonly key: string | undefined
  /** The gateway hands the client's own credential on, so that the agent has to keep it. */
  readonly isCredentialPassed: boolean
}

/** What makes an agent go there. */
export interface Pointing {
  /** Beside those of the environment. */
  readonly variables: Readonly<Record<string, string>>
  /** Before the user's own arguments. */
  readonly flags: readonly string[]
}

export interface Agent {
  /** What is looked for on the PATH. */
  readonly program: string
  /** What it speaks. */
  readonly dialect: DialectName
  /** The command that installs it. */
  readonly install: string
  readonly point: (destination: Destination) => Pointing
}

/** Stands where an agent wants a key and the gateway does not. */
const NO_KEY = 'no-key-needed'

export const AGENTS = {
  claude: {
    program: 'claude',
    dialect: 'messages',
    install: 'npm install --global @anthropic-ai/claude-code',
    point: ({ url, key, isCredentialPassed }) => ({
      variables: {
        ANTHROPIC_BASE_URL: url,
        // Without a token Claude Code asks to log in; with one it does not send the login that it has.
        ...(key === undefined && isCredentialPassed ? {} : { ANTHROPIC_AUTH_TOKEN: key ?? NO_KEY }),
      },
      flags: [],
    }),
  },
  codex: {
    program: 'codex',
    dialect: 'responses',
    install: 'npm install --global @openai/codex',
    point: ({ url, key, isCredentialPassed }) => {
      const credential =
        key !== undefined ? ',env_key="MILLRACE_KEY"' : isCredentialPassed ? ',requires_openai_auth=true' : ''
      const provider = `{name="Millrace",base_url="${url}/v1",wire_api="responses"${credential}}`
      return {
        variables: key === undefined ? {} : { MILLRACE_KEY: key },
        flags: ['-c', 'model_provider=millrace', '-c', `model_providers.millrace=${provider}`],
      }
    },
  },
} as const satisfies Record<string, Agent>

export type AgentName = keyof typeof AGENTS

/** Variables by which programs find a proxy. */
const PROXIES = ['http_proxy', 'https_proxy', 'all_proxy']

/**
 * Both agents ask a configured proxy even for addresses of this machine.
 *
 * @returns variables that keep the host out of its way; none when there is no proxy
 */
export function withoutProxy(
  host: string,
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const isProxied = Object.keys(env).some(name => PROXIES.includes(name.toLowerCase()) && env[name] !== '')
  if (!isProxied) return {}
  const exceptions = (env.NO_PROXY ?? env.no_proxy ?? '').split(',').filter(name => name.trim() !== '')
  const all = exceptions.includes(host) ? exceptions : [...exceptions, host]
  return { NO_PROXY: all.join(','), no_proxy: all.join(',') }
}

/** How an agent finds a gateway of this configuration. */
export function destinationOf({ server, upstreams }: Config, { dialect }: Agent, url: string): Destination {
  const own = upstreams.filter(({ baseUrls }) => baseUrls[dialect] !== undefined)
  return {
    url,
    key: server.keys[0],
    isCredentialPassed: own.some(({ apiKey, passCredential }) => apiKey === undefined && passCredential),
  }
}

/** A text as one word of a POSIX shell. */
function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`
}

/** What points the agent at the gateway, for `eval` in a shell. */
export function toShell({ program }: Agent, { variables, flags }: Pointing): string {
  const lines = Object.entries(variables).map(([name, value]) => `export ${name}=${quote(value)}\n`)
  const words = flags.map(quote).join(' ')
  return lines.join('') + (flags.length === 0 ? '' : `${program}() { command ${program} ${words} "$@"; }\n`)
}
