import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { eventually } from '../../test/eventually.ts'
import { LogFile } from './log-file.ts'

const KiB = 1024

/** A log file at a path, and what it says of errors. */
function open(path: string, flags: string | number = 'a', maxWaitingBytes?: number) {
  const fd = openSync(path, flags)
  const told: string[] = []
  const limit = maxWaitingBytes === undefined ? {} : { maxWaitingBytes }
  const log = new LogFile(fd, { ...limit, onError: ({ message }) => told.push(message) })
  return { log, fd, told, [Symbol.dispose]: () => closeSync(fd) }
}

function folder() {
  const path = mkdtempSync(join(tmpdir(), 'millrace-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) }
}

/** A pipe that takes 64 KiB and then no more, and what is read of it. */
function fifo(path: string) {
  execFileSync('mkfifo', [path])
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  let isOpen = true
  const close = () => {
    if (isOpen) closeSync(reader)
    isOpen = false
  }
  return {
    read: () => {
      const buffer = Buffer.alloc(64 * KiB)
      try {
        return buffer.toString('utf8', 0, readSync(reader, buffer))
      } catch {
        return ''
      }
    },
    close,
    [Symbol.dispose]: close,
  }
}

const NUMBERS = Array.from({ length: 500 }, (_, n) => `line ${n} 🌾\n`)

test('LogFile writes all in order', async () => {
  using place = folder()
  const path = join(place.path, 'log')
  using file = open(path)
  for (const line of NUMBERS) file.log.write(line)
  await file.log.drain()
  assert.equal(readFileSync(path, 'utf8'), NUMBERS.join(''))
  await file.log.drain()
})

test('LogFile writes what waits before the process ends', async () => {
  using place = folder()
  const path = join(place.path, 'log')
  using file = open(path)
  for (const line of NUMBERS) file.log.write(line)
  file.log.writeLast()
  // The first line was on its way already.
  const [first, ...others] = NUMBERS
  await eventually(() => readFileSync(path, 'utf8').includes(first as string) || undefined)
  const written = readFileSync(path, 'utf8')
  assert.ok(written.includes(others.join('')))
  assert.equal(written.length, NUMBERS.join('').length)
})

suite('LogFile', { skip: process.platform === 'win32' }, () => {
  test('keeps what a full pipe does not take, up to its limit', async () => {
    using place = folder()
    const path = join(place.path, 'pipe')
    using pipe = fifo(path)
    using file = open(path, constants.O_WRONLY | constants.O_NONBLOCK, 200 * KiB)
    const lines = ['a', 'b', 'c', 'd'].map(letter => `${letter.repeat(60 * KiB - 1)}\n`)
    for (const line of lines) file.log.write(line)
    await file.log.drain(50)
    let read = ''
    await eventually(() => {
      read += pipe.read()
      return read.length >= 180 * KiB || undefined
    })
    await file.log.drain()
    assert.equal(read + pipe.read(), lines.slice(0, 3).join(''))
    assert.deepEqual(file.told, [`more than ${200 * KiB} bytes wait, lines are left out`])
    assert.equal(file.log.droppedLines, 1)
    file.log.write('room again\n')
    await file.log.drain()
    assert.equal(pipe.read(), 'room again\n')
  })

  test('keeps nothing for a pipe that nobody reads any more', async () => {
    using place = folder()
    const path = join(place.path, 'pipe')
    using pipe = fifo(path)
    using file = open(path, constants.O_WRONLY | constants.O_NONBLOCK)
    pipe.close()
    for (const line of ['a\n', 'b\n']) file.log.write(line)
    await file.log.drain(10_000)
    file.log.write('c\n')
    file.log.writeLast()
    assert.equal(file.told.length, 1)
    assert.match(file.told[0] as string, /^EPIPE/)
  })

  test('does not wait for ever at the end for a pipe that nobody reads', () => {
    using place = folder()
    const path = join(place.path, 'pipe')
    using pipe = fifo(path)
    using file = open(path, constants.O_WRONLY | constants.O_NONBLOCK)
    file.log.write('a\n')
    file.log.write(`${'b'.repeat(100 * KiB)}\n`)
    const begun = Date.now()
    file.log.writeLast()
    assert.ok(Date.now() - begun < 5000)
    assert.ok(pipe.read().includes('bbb'))
  })
})

test('LogFile tells of a full disk once, and does not wait for it', {
  skip: process.platform !== 'linux',
}, async () => {
  using file = open('/dev/full')
  for (const line of NUMBERS) file.log.write(line)
  await file.log.drain(250)
  const begun = Date.now()
  file.log.writeLast()
  assert.ok(Date.now() - begun < 500)
  assert.equal(file.told.length, 1)
  assert.match(file.told[0] as string, /^ENOSPC/)
})
