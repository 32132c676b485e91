import { type Adapter, type ConvertOptions, createAdapter, passAdapter } from '../exchange/index.ts'
import type { HandlerConfig } from './handler-config.ts'

/** What is known of the way beside its dialects. */
export type WayOptions = Pick<ConvertOptions, 'redact' | 'issuer'>

/**
 * The adapter of the answer that a configuration means.
 * @throws {MillraceError} when there is no way between its dialects, and no adapter was given
 */
export function adapterFor({ responseAdapter, formatContext }: HandlerConfig, options: WayOptions): Adapter {
  if (responseAdapter) return responseAdapter
  if (formatContext === undefined) return passAdapter(options.redact)
  const { source, target } = formatContext
  // Null: the answer is relayed as it comes, in the upstream's dialect.
  const from = responseAdapter === null ? target : source
  return createAdapter({ from, to: target }, options)
}

/**
 * The adapter of the request that a configuration means; undefined: it goes up as it is.
 *
 * @param answers the adapter of the answer, which serves where its dialects are the configured ones
 */
export function requestAdapterFor(
  { requestAdapter, responseAdapter, formatContext }: HandlerConfig,
  answers: Adapter,
  options: WayOptions,
): Adapter | undefined {
  if (requestAdapter !== undefined) return requestAdapter ?? undefined
  if (responseAdapter !== undefined) return undefined
  if (formatContext === undefined || formatContext.source === formatContext.target) return undefined
  const { source, target } = formatContext
  return answers.from === source && answers.to === target
    ? answers
    : createAdapter({ from: source, to: target }, options)
}
