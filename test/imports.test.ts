/** Keeps the table of `docs/architecture.md`: which room may import which, and only by its door. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { test } from 'node:test'

const SRC = resolve(import.meta.dirname, '../src')

/** Rooms that stay out of Node: they run on any JavaScript runtime. */
const PORTABLE = [
  'json',
  'sse',
  'http',
  'model',
  'dialects',
  'convert',
  'observe',
  'exchange',
  'functions',
  'streaming',
  'prices',
]

/** Packages that run anywhere too. */
const PORTABLE_PACKAGES = ['@pydantic/genai-prices']

const LOWEST = ['errors', 'redact', 'bytes', 'glob', 'roster', 'version']
const ALLOWED: Record<string, readonly string[]> = {
  errors: [],
  redact: [],
  bytes: [],
  glob: [],
  roster: [],
  version: [],
  json: [...LOWEST],
  sse: [...LOWEST],
  http: [...LOWEST, 'json'],
  node: [...LOWEST, 'http'],
  model: [...LOWEST],
  dialects: [...LOWEST, 'json', 'sse', 'http', 'model'],
  convert: [...LOWEST, 'json', 'sse', 'http', 'model', 'dialects'],
  observe: [...LOWEST, 'json', 'sse', 'http', 'model', 'dialects'],
  exchange: [...LOWEST, 'json', 'sse', 'http', 'model', 'dialects', 'convert', 'observe'],
  functions: [...LOWEST, 'json', 'sse', 'http', 'model', 'dialects', 'convert', 'observe', 'exchange'],
  streaming: [...LOWEST, 'json', 'sse', 'http', 'model', 'dialects', 'convert', 'observe', 'exchange'],
  prices: [...LOWEST, 'model', 'observe'],
  access: [...LOWEST, 'model', 'observe', 'http'],
  tokens: [...LOWEST, 'model'],
  ledger: [...LOWEST, 'model', 'observe'],
  telemetry: [...LOWEST, 'http', 'model', 'observe'],
  capture: [...LOWEST, 'http', 'model', 'dialects', 'observe', 'exchange'],
  simulator: [...LOWEST, 'json', 'sse', 'http', 'model', 'dialects', 'node', 'capture'],
  gateway: ['*'],
  cli: [...LOWEST, 'observe', 'ledger', 'gateway', 'simulator', 'telemetry', 'capture', 'prices'],
  index: ['*'],
}

interface Import {
  readonly file: string
  readonly specifier: string
}

function importsOf(file: string): Import[] {
  const source = readFileSync(resolve(SRC, file), 'utf8')
  const pattern = /^(?:import|export)\s(?:[^'"]*?\sfrom\s)?'([^']+)'|\bimport\('([^']+)'\)/gm
  return [...source.matchAll(pattern)].map(match => ({ file, specifier: (match[1] ?? match[2]) as string }))
}

function roomOf(file: string): string {
  return file.includes('/') ? file.slice(0, file.indexOf('/')) : file.replace(/\.ts$/, '')
}

const files = globSync('**/*.ts', { cwd: SRC }).filter(file => !file.endsWith('.test.ts'))
const imports = files.flatMap(importsOf)
const inner = imports
  .filter(({ specifier }) => specifier.startsWith('.'))
  .map(({ file, specifier }) => ({ file, target: relative(SRC, resolve(SRC, dirname(file), specifier)) }))

test('every room imports only the rooms below it', () => {
  const wrong = inner.filter(({ file, target }) => {
    const [from, to] = [roomOf(file), roomOf(target)]
    const allowed = ALLOWED[from]
    return from !== to && !(allowed !== undefined && (allowed.includes('*') || allowed.includes(to)))
  })
  assert.deepEqual(wrong, [])
})

test('a room is entered by its door', () => {
  const wrong = inner.filter(
    ({ file, target }) =>
      roomOf(file) !== roomOf(target) && target.includes('/') && !/^[a-z]+\/index\.ts$/.test(target),
  )
  assert.deepEqual(wrong, [])
})

test('no dialect knows another', () => {
  const dialectOf = (file: string) => /^dialects\/([a-z]+)\//.exec(file)?.[1]
  const wrong = inner.filter(({ file, target }) => {
    const from = dialectOf(file)
    const to = dialectOf(target)
    // What dialects share stands beside `dialect.ts`; the door knows them all.
    return from !== undefined && (target === 'dialects/index.ts' || (to !== undefined && to !== from))
  })
  assert.deepEqual(wrong, [])
})

test('portable rooms import nothing of Node', () => {
  const wrong = imports.filter(
    ({ file, specifier }) =>
      PORTABLE.includes(roomOf(file)) &&
      !specifier.startsWith('.') &&
      !specifier.startsWith('#') &&
      !PORTABLE_PACKAGES.includes(specifier),
  )
  assert.deepEqual(wrong, [])
})

test('the web page imports nothing of the house: it speaks HTTP', () => {
  const page = resolve(SRC, '../dashboard/src')
  const wrong = globSync('**/*.{ts,tsx}', { cwd: page }).filter(file =>
    [...readFileSync(resolve(page, file), 'utf8').matchAll(/from '(\.[^']*)'/g)].some(
      ([, specifier]) => !resolve(page, dirname(file), specifier as string).startsWith(page),
    ),
  )
  assert.deepEqual(wrong, [])
})

test('no import goes round in a circle between rooms', () => {
  const edges = new Map<string, Set<string>>()
  for (const { file, target } of inner) {
    const from = roomOf(file)
    if (from === roomOf(target)) continue
    edges.set(from, (edges.get(from) ?? new Set()).add(roomOf(target)))
  }
  const reaches = (from: string, goal: string, seen = new Set<string>()): boolean =>
    [...(edges.get(from) ?? [])].some(next => next === goal || (!seen.has(next) && reaches(next, goal, seen.add(next))))
  assert.deepEqual(
    [...edges.keys()].filter(room => reaches(room, room)),
    [],
  )
})
