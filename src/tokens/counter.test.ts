import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { TokenCounter } from './counter.ts'

/** Dies of `die`, hangs at `hang`, and counts words of all else. */
const FAKE = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { parentPort } from 'node:worker_threads'
    parentPort.on('message', text => {
      if (text === 'die') process.exit(1)
      if (text === 'throw') throw new Error('No')
      if (text !== 'hang') parentPort.postMessage(text.split(' ').length)
    })`)}`,
)

async function counter(options: ConstructorParameters<typeof TokenCounter>[0] = { worker: FAKE }) {
  const counter = new TokenCounter(options)
  return Object.assign(counter, { [Symbol.asyncDispose]: () => counter.close() })
}

suite('TokenCounter', () => {
  test('counts as OpenAI does, special words as text', async () => {
    await using real = await counter({})
    const texts = ['', 'hello world', 'Die Mühle steht am Bach 🌾', '<|endoftext|>', 'x '.repeat(10_000)]
    const counts = await Promise.all(texts.map(text => real.count(text)))
    assert.ok(counts.every(({ by }) => by === 'tokenizer'))
    assert.deepEqual(
      counts.map(({ tokens }) => tokens),
      [0, 2, 8, 7, 10_001],
    )
  })

  test('counts long runs without blanks, whose time grows with the square in one piece', async () => {
    await using real = await counter({})
    const { tokens, by } = await real.count('ab'.repeat(100_000))
    assert.equal(by, 'tokenizer')
    assert.ok(tokens > 25_000 && tokens < 100_000, `${tokens}`)
  })

  for (const end of ['die', 'throw'])
    test(`judges a text at which the thread ends (${end}) by its length, and counts the next`, async () => {
      await using fake = await counter()
      const counts = await Promise.all([fake.count(end), fake.count('one two')])
      assert.deepEqual(counts, [
        { tokens: Math.ceil(end.length / 4), by: 'length' },
        { tokens: 2, by: 'tokenizer' },
      ])
    })

  test('judges a text that takes too long by its length, and counts the next', async () => {
    await using fake = await counter({ worker: FAKE, limitMs: 2000 })
    await fake.count('warm up')
    const counts = await Promise.all([fake.count('hang'), fake.count('one two three')])
    assert.deepEqual(counts, [
      { tokens: 1, by: 'length' },
      { tokens: 3, by: 'tokenizer' },
    ])
  })

  test('judges by length what is too long or one too many', async () => {
    await using fake = await counter({ worker: FAKE, maxTexts: 2, maxCharacters: 8 })
    const texts = ['one two', 'far too long', 'a b c', 'no room']
    assert.deepEqual(
      (await Promise.all(texts.map(text => fake.count(text)))).map(({ tokens, by }) => `${tokens} ${by}`),
      ['2 tokenizer', '3 length', '3 tokenizer', '2 length'],
    )
    assert.deepEqual(await fake.count('one two'), { tokens: 2, by: 'tokenizer' })
  })

  test('leaves nobody without a count when it is closed', async () => {
    const fake = await counter()
    const counts = Promise.all([fake.count('hang'), fake.count('waiting')])
    await fake.close()
    await fake.close()
    assert.deepEqual(await counts, [
      { tokens: 1, by: 'length' },
      { tokens: 2, by: 'length' },
    ])
    assert.deepEqual(await fake.count('late'), { tokens: 1, by: 'length' })
  })
})
