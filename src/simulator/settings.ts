import { MillraceError } from '../errors.ts'
import { FAULT_NAMES } from './faults.ts'
import { POINTS } from './points.ts'

interface Reader<Value> {
  /** What may stand after the equals sign, for people. */
  readonly values: string
  /** Undefined: not such a value. */
  readonly read: (text: string) => Value | undefined
}

const milliseconds: Reader<number> = { values: 'milliseconds', read: text => wholeNumber(text, 0) }
const factor: Reader<number> = { values: 'a number from 0', read: text => decimal(text) }
const count: Reader<number> = { values: 'a whole number', read: text => wholeNumber(text, 0) }
const yesOrNo: Reader<boolean> = {
  values: 'yes or no',
  read: text => (/^(yes|no)$/.test(text) ? text === 'yes' : undefined),
}
const cut: Reader<'random' | 'all' | number> = {
  values: 'bytes, random or all',
  read: text => oneOf('random', 'all').read(text) ?? wholeNumber(text, 1),
}
const mediaType: Reader<string> = { values: 'a media type or none', read: text => text || undefined }
const httpStatus: Reader<number> = { values: '200 to 599', read: text => wholeNumber(text, 200, 599) }

/** Every setting, once. `docs/simulator.md` tells what they do. */
const SETTINGS = {
  head: milliseconds,
  first: milliseconds,
  delay: milliseconds,
  every: milliseconds,
  words: count,
  cut,
  eol: oneOf('lf', 'crlf', 'cr'),
  comments: yesOrNo,
  pings: yesOrNo,
  nodone: yesOrNo,
  lastblank: yesOrNo,
  encoding: oneOf('gzip', 'br', 'zstd'),
  shape: oneOf('stream', 'whole'),
  type: mediaType,
  padding: count,
  status: httpStatus,
  body: oneOf('json', 'html', 'empty', 'null', 'binary'),
  retryafter: count,
  times: count,
  speed: factor,
  fault: oneOf(...FAULT_NAMES),
  at: oneOf(...POINTS),
  size: count,
  events: count,
}

export type Settings = {
  readonly [Name in keyof typeof SETTINGS]?: (typeof SETTINGS)[Name] extends Reader<infer Value> ? Value : never
}

export const SETTING_NAMES = Object.keys(SETTINGS)

/**
 * Reads `key=value,key=value`; `&` parts as well as the comma does.
 *
 * @throws {MillraceError} bad-request, when a setting is unknown or its value is not one of its values.
 */
export function readSettings(text: string): Settings {
  const pairs = text.split(/[,&]/).filter(pair => pair.trim() !== '')
  return Object.fromEntries(pairs.map(readPair))
}

/** Parts a model's name from the settings behind `?` or, where a path would lose that, `;`. */
export function splitModel(model: string): { readonly name: string; readonly settings: string } {
  const at = model.search(/[?;]/)
  return at < 0 ? { name: model, settings: '' } : { name: model.slice(0, at), settings: model.slice(at + 1) }
}

function readPair(pair: string): [string, unknown] {
  const [name = '', ...rest] = pair.split('=').map(part => part.trim())
  if (!Object.hasOwn(SETTINGS, name)) {
    throw new MillraceError('bad-request', `Cannot use setting "${name}": the settings are ${SETTING_NAMES.join(', ')}`)
  }
  const { values, read } = SETTINGS[name as keyof typeof SETTINGS] as Reader<unknown>
  const value = read(rest.join('='))
  if (value === undefined) throw new MillraceError('bad-request', `Cannot use "${pair.trim()}": wanted ${values}`)
  return [name, value]
}

function wholeNumber(text: string, least: number, most = Number.MAX_SAFE_INTEGER): number | undefined {
  const value = Number(text)
  return /^\d+$/.test(text) && value >= least && value <= most ? value : undefined
}

function decimal(text: string): number | undefined {
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined
}

function oneOf<const Name extends string>(...names: readonly Name[]): Reader<Name> {
  return { values: names.join(', '), read: text => names.find(name => name === text) }
}
