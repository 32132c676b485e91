/**
 * A strict reader of the text format of Prometheus (version 0.0.4). It takes nothing that a scraper could read
 * otherwise than it is meant: https://prometheus.io/docs/instrumenting/exposition_formats/
 */

export interface Sample {
  /** Of the sample, `_bucket` and the like among it. */
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface ExposedFamily {
  readonly type: string
  readonly help: string
  readonly samples: Sample[]
}

const NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/y
const LABEL = /[a-zA-Z_][a-zA-Z0-9_]*/y
const VALUE = /^(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|[+-]Inf|nan)$/i
const TYPES = ['counter', 'gauge', 'histogram', 'summary', 'untyped']
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  histogram: ['_bucket', '_sum', '_count'],
  summary: ['', '_sum', '_count'],
}

/** @throws with the line, for all that breaks a rule */
export function parseExposition(text: string): ReadonlyMap<string, ExposedFamily> {
  if (!text.endsWith('\n')) throw new Error('The last line has no end')
  if (text !== text.toWellFormed() || text.includes('\r')) throw new Error('Not the text of the format')
  const families = new Map<string, ExposedFamily>()
  const helps = new Map<string, string>()
  const seen = new Set<string>()
  let current: string | undefined
  for (const line of text.slice(0, -1).split('\n')) {
    const fail = (why: string) => new Error(`${why}: ${JSON.stringify(line)}`)
    if (line === '') continue
    const comment = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$/.exec(line)
    if (comment !== null) {
      const [, word, name, rest] = comment as unknown as readonly [string, string, string, string]
      if (families.has(name)) throw fail('A family is told twice')
      if (word === 'HELP') {
        if (helps.has(name)) throw fail('A second help')
        helps.set(name, plain(rest, fail, 'n\\'))
      } else {
        if (!TYPES.includes(rest)) throw fail('No type')
        families.set(name, { type: rest, help: helps.get(name) ?? '', samples: [] })
        current = name
      }
      continue
    }
    if (line.startsWith('#')) throw fail('A comment that nobody meant')
    const sample = parseSample(line, fail)
    const family = current === undefined ? undefined : families.get(current)
    const suffixes = SUFFIXES[family?.type ?? ''] ?? ['']
    // All lines of a family stand together, behind its type.
    if (family === undefined || !suffixes.some(suffix => sample.name === current + suffix)) throw fail('A stray sample')
    const key = `${sample.name} ${JSON.stringify(Object.entries(sample.labels).sort())}`
    if (seen.has(key)) throw fail('A series is told twice')
    seen.add(key)
    family.samples.push(sample)
  }
  for (const [name, family] of families) check(name, family)
  return families
}

function parseSample(line: string, fail: (why: string) => Error): Sample {
  const name = match(NAME, line, 0)
  if (name === undefined) throw fail('No name')
  const labels: Record<string, string> = {}
  let at = name.length
  if (line[at] === '{') {
    at++
    while (line[at] !== '}') {
      const label = match(LABEL, line, at)
      if (label === undefined || line.slice(at + label.length, at + label.length + 2) !== '="') throw fail('No label')
      if (Object.hasOwn(labels, label)) throw fail('A label twice')
      const start = at + label.length + 2
      let end = start
      while (line[end] !== '"') {
        if (end >= line.length) throw fail('A label without an end')
        end += line[end] === '\\' ? 2 : 1
      }
      labels[label] = plain(line.slice(start, end), fail, 'n\\"')
      at = end + 1
      if (line[at] === ',') at++
      else if (line[at] !== '}') throw fail('No comma')
    }
    at++
  }
  const words = line.slice(at).split(' ')
  if (words.length !== 2 || words[0] !== '' || !VALUE.test(words[1] as string)) throw fail('No value')
  return { name, labels, value: numberOf(words[1] as string) }
}

function match(pattern: RegExp, line: string, at: number): string | undefined {
  pattern.lastIndex = at
  return pattern.exec(line)?.[0]
}

function plain(text: string, fail: (why: string) => Error, known: string): string {
  return text.replace(/\\(.?)/g, (_, escaped: string) => {
    if (escaped === '' || !known.includes(escaped)) throw fail('An unknown escape')
    return escaped === 'n' ? '\n' : escaped
  })
}

function numberOf(text: string): number {
  if (/inf$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity
  return Number(text.toLowerCase() === 'nan' ? NaN : text)
}

function check(name: string, { type, samples }: ExposedFamily): void {
  if (type === 'counter')
    for (const { value } of samples) if (!(value >= 0)) throw new Error(`${name}: a counter below zero`)
  if (type !== 'histogram') return
  const series = Map.groupBy(samples, ({ labels: { le: _, ...labels } }) =>
    JSON.stringify(Object.entries(labels).sort()),
  )
  for (const [labels, all] of series) {
    const buckets = all.filter(sample => sample.name === `${name}_bucket`)
    const counts = all.filter(sample => sample.name === `${name}_count`)
    const sums = all.filter(sample => sample.name === `${name}_sum`)
    const fail = (why: string) => new Error(`${name}${labels}: ${why}`)
    if (counts.length !== 1 || sums.length !== 1) throw fail('one count and one sum')
    let [bound, below] = [-Infinity, 0]
    for (const { labels, value } of buckets) {
      const le = numberOf(labels.le ?? 'nan')
      if (!(le > bound) || value < below) throw fail('buckets rise')
      ;[bound, below] = [le, value]
    }
    if (bound !== Infinity || below !== counts[0]?.value) throw fail('the last bucket is the count')
  }
}
