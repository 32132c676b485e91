import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseExposition } from './exposition.ts'

const HEAD = '# HELP a Of a.\n# TYPE a counter\n'
const BUCKETS = 'h_bucket{le="1"} 2\nh_bucket{le="+Inf"} 3\nh_sum 9\nh_count 3\n'

const BROKEN: Readonly<Record<string, string>> = {
  'no end': `${HEAD}a 1`,
  'a sample before its type': 'a 1\n',
  'a sample of another family': `${HEAD}b 1\n`,
  'a raw line feed in a label': `${HEAD}a{m="x\ny"} 1\n`,
  'a raw quote in a label': `${HEAD}a{m="x"y"} 1\n`,
  'an unknown escape': `${HEAD}a{m="\\t"} 1\n`,
  'a label twice': `${HEAD}a{m="1",m="2"} 1\n`,
  'a series twice': `${HEAD}a{m="1"} 1\na{m="1"} 2\n`,
  'a value that is none': `${HEAD}a one\n`,
  'a counter below zero': `${HEAD}a -1\n`,
  'two types': `${HEAD}# TYPE a gauge\n`,
  'buckets that fall': '# TYPE h histogram\nh_bucket{le="1"} 4\nh_bucket{le="+Inf"} 3\nh_sum 9\nh_count 3\n',
  'no last bucket': '# TYPE h histogram\nh_bucket{le="1"} 3\nh_sum 9\nh_count 3\n',
  'a count that is not the last bucket': '# TYPE h histogram\nh_bucket{le="+Inf"} 3\nh_sum 9\nh_count 4\n',
}

for (const [what, text] of Object.entries(BROKEN))
  test(`the reader of the format refuses ${what}`, () => assert.throws(() => parseExposition(text)))

test('the reader of the format undoes escapes and takes histograms', () => {
  const families = parseExposition(`${HEAD}a{m="x\\n\\"\\\\"} 1e3\n\n# TYPE h histogram\n${BUCKETS}`)
  assert.deepEqual(families.get('a')?.samples, [{ name: 'a', labels: { m: 'x\n"\\' }, value: 1000 }])
  assert.equal(families.get('h')?.samples.length, 4)
})
