import type { DialectName } from '../../dialects/index.ts'
import { normaliseBaseUrl } from './base-url.ts'
import { clientGone } from './client-gone.ts'
import { findPreset, type Preset } from './presets.ts'
import type { FileUpstream } from './schema.ts'
import type { Upstream } from './types.ts'

type BaseUrls = Upstream['baseUrls']

/** Tells a problem of one member of the upstream; an empty name means the upstream itself. */
export type Report = (member: string, message: string) => void

const CREDENTIALS = ['authorization', 'x-api-key', 'x-goog-api-key', 'api-key']

/** An upstream with its preset merged in. What is wrong is reported, and the result then of no use. */
export function resolveUpstream(name: string, file: FileUpstream, report: Report): Upstream {
  const preset = presetOf(name, file)
  const baseUrls = baseUrlsOf(file, preset, report)
  const headers = Object.entries(file.headers)
  if (file.apiKey !== undefined && headers.some(([header]) => CREDENTIALS.includes(header.toLowerCase())))
    report('headers', 'hold a credential beside `apiKey`: give one of the two')
  if (file.streamOnly && !file.streaming) report('streamOnly', 'contradicts `streaming: false`: give one of the two')
  return {
    name,
    baseUrls,
    apiKey: file.apiKey,
    usage: file.usage,
    issuer: file.issuer ?? originsOf(baseUrls)[0] ?? '',
    billedBy: file.billedBy,
    apiVersion: file.apiVersion,
    streamOnly: file.streamOnly,
    streaming: file.streaming,
    headers: headers.flat(),
    passCredential: file.passCredential ?? isVendorsOwn(baseUrls, preset),
    globs: preset?.globs ?? [],
    onClientGone: clientGone(file.onClientGone),
  }
}

/** The preset that was named, or the one of the same name unless the base URL is another one. */
function presetOf(name: string, file: FileUpstream): Preset | undefined {
  if (file.preset !== undefined) return findPreset(file.preset)
  const preset = findPreset(name)
  if (preset === undefined || file.baseUrl === undefined) return preset
  return Object.values(preset.baseUrls).includes(normaliseBaseUrl(file.baseUrl) ?? '') ? preset : undefined
}

function baseUrlsOf(file: FileUpstream, preset: Preset | undefined, report: Report): BaseUrls {
  const { baseUrl, dialects } = file
  if (dialects === undefined) return presetUrls(baseUrl, preset, report)
  if (Array.isArray(dialects)) return listedUrls(dialects, baseUrl, preset, report)
  if (baseUrl !== undefined)
    report('baseUrl', 'stands beside a map of `dialects`, which says it all: remove one of them')
  const urls = Object.entries(dialects).map(([dialect, url]) => [dialect, normaliseBaseUrl(url)])
  if (urls.length === 0) report('dialects', 'must not be empty')
  return Object.fromEntries(urls)
}

/** Without `dialects`: what the preset speaks at the one address that is given, or everywhere. */
function presetUrls(baseUrl: string | undefined, preset: Preset | undefined, report: Report): BaseUrls {
  if (preset === undefined) {
    report(baseUrl === undefined ? 'baseUrl' : 'dialects', 'is missing: only the upstream of a preset can do without')
    return {}
  }
  if (baseUrl === undefined) return preset.baseUrls
  const own = normaliseBaseUrl(baseUrl)
  const entries = Object.entries(preset.baseUrls)
  const like = entries.find(([, url]) => url === own)?.[1] ?? entries[0]?.[1]
  return Object.fromEntries(entries.filter(([, url]) => url === like).map(([dialect]) => [dialect, own]))
}

function listedUrls(
  dialects: readonly DialectName[],
  baseUrl: string | undefined,
  preset: Preset | undefined,
  report: Report,
): BaseUrls {
  const own = baseUrl === undefined ? undefined : normaliseBaseUrl(baseUrl)
  const urls = dialects.map(dialect => [dialect, own ?? preset?.baseUrls[dialect]] as const)
  const lacking = urls.filter(([, url]) => url === undefined).map(([dialect]) => dialect)
  if (lacking.length > 0) report('baseUrl', `is missing: no preset says where ${lacking.join(' and ')} is served`)
  return Object.fromEntries(urls)
}

/** Only to the vendor itself does a client's own key go unasked: a preset may stand at any address. */
function isVendorsOwn(baseUrls: BaseUrls, preset: Preset | undefined): boolean {
  if (preset === undefined) return false
  const vendor = originsOf(preset.baseUrls)
  return preset.passCredential && originsOf(baseUrls).every(origin => vendor.includes(origin))
}

function originsOf(baseUrls: BaseUrls): string[] {
  return Object.values(baseUrls).flatMap(url => URL.parse(url)?.origin ?? [])
}
