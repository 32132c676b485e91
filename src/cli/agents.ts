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
  /** Variables of the environment that would contradict them. */
  readonly unset: readonly string[]
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
    point({ url, key, isCredentialPassed }) {
      const base = { ANTHROPIC_BASE_URL: url }
      if (key === undefined && isCredentialPassed) return { variables: base, unset: [], flags: [] }
      // Without a token Claude Code asks to log in, with one it does not send its login; a key it sends as well.
      return { variables: { ...base, ANTHROPIC_AUTH_TOKEN: key ?? NO_KEY }, unset: ['ANTHROPIC_API_KEY'], flags: [] }
    },
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
        unset: [],
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

/** Texts as words of a POSIX shell. */
export function shellWords(texts: readonly string[]): string {
  return texts.map(text => (/^[\w./:=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`)).join(' ')
}

/** What points the agent at the gateway, for `eval` in a shell. */
export function toShell({ program }: Agent, { variables, unset, flags }: Pointing): string {
  const lines = [
    ...Object.entries(variables).map(([name, value]) => `export ${name}=${shellWords([value])}`),
    ...unset.map(name => `unset ${name}`),
    ...(flags.length === 0 ? [] : [`${program}() { command ${program} ${shellWords(flags)} "$@"; }`]),
  ]
  return lines.map(line => `${line}\n`).join('')
}
