import { secretsOfUrl } from '../../ledger/index.ts'
import { isSecretName } from '../../redact.ts'
import type { Config } from './types.ts'

/**
 * Every secret in the configuration, for the redactor: client keys, our keys, headers with a secret name, the
 * password of the ledger's server, the token of the metrics, what a collector is sent.
 */
export function secretsOf({ server, upstreams, ledger, metrics: { token }, telemetry }: Config): string[] {
  const apiKeys = upstreams.flatMap(({ apiKey }) => apiKey ?? [])
  const headers = upstreams.flatMap(upstream => upstream.headers)
  const values = headers.filter((_, at) => at % 2 === 1 && isSecretName(headers[at - 1] as string))
  // A header may hold a scheme before its secret, and the secret is what shows up alone.
  const words = values.flatMap(value => value.split(' ').slice(1))
  const ours = [...secretsOfUrl(ledger.url ?? ''), ...(token === undefined ? [] : [token])]
  const collectors = Object.values(telemetry.headers).flatMap(value => [value, ...value.split(' ').slice(1)])
  return [...server.keys, ...apiKeys, ...values, ...words, ...ours, ...collectors]
}
