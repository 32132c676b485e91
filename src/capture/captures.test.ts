import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { eventually } from '../../test/eventually.ts'
import { reportOf } from '../../test/reports.ts'
import { fromUtf8 } from '../bytes.ts'
import { type CaptureSettings, Captures, type CaptureWish } from './captures.ts'
import { CaptureFolder } from './folder.ts'

const SETTINGS: CaptureSettings = {
  ...{ mode: 'all', sampleShare: 0.5, onRequest: false, keys: [] },
  ...{ maxBytes: 10_000, maxMemoryBytes: 1_000_000, maxAgeMs: 3_600_000, maxTotalBytes: 10_000_000 },
}

const folders: string[] = []
after(() => Promise.all(folders.map(folder => rm(folder, { recursive: true }))))

async function open(settings: Partial<CaptureSettings> = {}, random?: () => number) {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-captures-'))
  folders.push(folder)
  const errors: string[] = []
  const captures = new Captures({
    ...{ settings: { ...SETTINGS, ...settings }, folder, secrets: [] },
    ...{ onError: (message: string) => errors.push(message), ...(random && { random }) },
  })
  const record = (id: string, key: string | null = null, wish?: CaptureWish) => {
    const body = fromUtf8('{}')
    return captures.record(() => ({ id, key, dialect: 'chat', method: 'POST', url: '/', headers: [], body }), key, wish)
  }
  /** A whole exchange; whether it is recorded. */
  const run = (id: string, text = 'data', key: string | null = null, wish?: CaptureWish) => {
    const recording = record(id, key, wish)
    recording?.onRawChunk(fromUtf8(text))
    recording?.onEnd(reportOf('completed'))
    return recording !== undefined
  }
  return { captures, folder, errors, record, run, files: async () => (await readdir(folder)).toSorted() }
}

async function sizeOf(folder: string): Promise<number> {
  const names = await readdir(folder)
  const sizes = await Promise.all(names.map(async name => (await stat(join(folder, name))).size))
  return sizes.reduce((sum, size) => sum + size, 0)
}

suite('captures', { concurrency: 4 }, () => {
  test('a thousand of them never take more room than they may, and the newest stay', async () => {
    const { captures, folder, run, errors } = await open({ maxTotalBytes: 200_000 })
    let most = 0
    for (let n = 0; n < 1000; n++) {
      run(`x-${n}`, 'x'.repeat(1000))
      if (n % 100 === 99) most = Math.max(most, await captures.read(`x-${n}`).then(() => sizeOf(folder)))
    }
    await captures.close()
    assert.ok(most > 100_000 && most <= 200_000, `${most} bytes`)
    assert.ok((await sizeOf(folder)) <= 200_000)
    const [newest] = await new CaptureFolder(folder).list()
    assert.equal(newest?.id, 'x-999')
    assert.equal(captures.memoryBytes, 0)
    assert.deepEqual(errors, [])
  })

  test('what is too old goes, also where nothing is captured any more, and so does what a crash has left', async () => {
    const { captures, folder, run, files } = await open()
    run('old')
    run('new')
    await captures.close()
    await writeFile(join(folder, 'half.mlr.jsonl.part'), '{')
    await writeFile(join(folder, 'of-somebody-else'), '')
    for (const name of ['old.mlr.jsonl', 'half.mlr.jsonl.part', 'of-somebody-else'])
      await utimes(join(folder, name), 1000, 1000)
    const later = new Captures({ settings: { ...SETTINGS, mode: 'off' }, folder, secrets: [], onError: assert.fail })
    later.start()
    await eventually(async () => (await files()).length === 2 || undefined)
    await later.close()
    assert.deepEqual(await files(), ['new.mlr.jsonl', 'of-somebody-else'])
  })

  test('what comes faster than it can be written has no more room than it may have', async () => {
    const { captures, run, errors, files } = await open({ maxMemoryBytes: 50_000 })
    let most = 0
    for (let n = 0; n < 200; n++) {
      run(`x-${n}`, 'x'.repeat(1000))
      most = Math.max(most, captures.memoryBytes)
    }
    assert.ok(most <= 50_000, `${most} bytes`)
    await captures.close()
    assert.equal(captures.memoryBytes, 0)
    assert.deepEqual([errors, (await files()).length], [[], 200])
  })

  test('a sample is a share of all', async () => {
    let next = 0
    const { captures, run } = await open({ mode: 'sample', sampleShare: 0.25 }, () => (next++ % 10) / 10)
    const taken = Array.from({ length: 10 }, (_, n) => run(`x-${n}`))
    assert.deepEqual(taken.map(Number), [1, 1, 1, 0, 0, 0, 0, 0, 0, 0])
    await captures.close()
  })

  test('keys limit who is captured, and what is asked for', async () => {
    const { captures, run, files } = await open({ mode: 'off', onRequest: true, keys: ['fcde2b2e'] })
    const taken = [
      run('a', '', 'fcde2b2e', 'on'),
      run('b', '', 'fcde2b2e'),
      run('c', '', '00000000', 'on'),
      run('d', '', null, 'on'),
      run('e', '', 'fcde2b2e', 'off'),
    ]
    assert.deepEqual(taken, [true, false, false, false, false])
    await captures.close()
    assert.deepEqual(await files(), ['a.mlr.jsonl'])
  })

  test('with `errors` what succeeds gives its memory back at once', async () => {
    const { captures, run, record, files } = await open({ mode: 'errors' })
    for (let n = 0; n < 1000; n++) run(`x-${n}`, 'x'.repeat(5000))
    assert.equal(captures.memoryBytes, 0)
    const failing = record('failed')
    failing?.onRawChunk(fromUtf8('data'))
    failing?.onEnd(reportOf('truncated'))
    await captures.close()
    assert.deepEqual(await files(), ['failed.mlr.jsonl'])
  })

  test('what cannot be written is told, and gives its memory back', async () => {
    const { folder } = await open()
    await writeFile(join(folder, 'file'), '')
    const errors: string[] = []
    const onError = (message: string) => errors.push(message)
    const captures = new Captures({ settings: SETTINGS, folder: join(folder, 'file', 'below'), secrets: [], onError })
    const body = fromUtf8('{}')
    const asked = { id: 'x', key: null, dialect: 'chat', method: 'POST', url: '/', headers: [], body } as const
    captures.record(() => asked, null, undefined)?.onEnd(reportOf('completed'))
    await captures.close()
    assert.match(errors.join(), /^ENOTDIR: /)
    assert.equal(captures.memoryBytes, 0)
  })

  test('what is larger than all may be is not kept, and the others stay', async () => {
    const { captures, run, errors, files } = await open({ maxTotalBytes: 9000 })
    run('small')
    await captures.read('small')
    run('large', 'x'.repeat(9000))
    await captures.close()
    assert.match(errors.join(), /^Cannot keep a capture of \d+ bytes: `capture\.maxTotalBytes` is 9000$/)
    assert.deepEqual(await files(), ['small.mlr.jsonl'])
  })

  test('what is being written is found, and deleted for good', async () => {
    const { captures, run, files } = await open()
    run('x-1')
    assert.equal((await captures.read('x-1'))?.includes('"id":"x-1"'), true)
    run('x-2')
    assert.equal(await captures.delete('x-2'), true)
    assert.equal(await captures.delete('x-2'), false)
    assert.equal(await captures.read('x-2'), undefined)
    await captures.close()
    assert.deepEqual(await files(), ['x-1.mlr.jsonl'])
  })

  test('what is deleted while it runs is gone from memory too', async () => {
    const { captures, folder, record } = await open()
    const running = record('x-1', 'fcde2b2e')
    running?.onRawChunk(fromUtf8('data'))
    assert.equal(captures.memoryBytes, 6)
    assert.equal(await captures.delete('x-1', '00000000'), false)
    assert.equal(await captures.delete('x-1', 'fcde2b2e'), true)
    assert.equal(captures.memoryBytes, 0)
    running?.onEnd(reportOf('completed'))
    assert.equal(await captures.read('x-1'), undefined)
    await captures.close()
    assert.deepEqual(await readdir(folder), [])
  })

  test('no id leads out of the folder', async () => {
    const { captures, folder } = await open()
    await writeFile(`${folder}.mlr.jsonl`, '')
    folders.push(`${folder}.mlr.jsonl`)
    for (const id of [`../${folder.split('/').at(-1)}`, '', '.', '..', 'a/b', '%2e%2e', 'x'.repeat(101)]) {
      assert.equal(await captures.read(id), undefined, id)
      assert.equal(await captures.delete(id), false, id)
      assert.equal(await captures.has(id), false, id)
    }
    await captures.close()
  })
})
