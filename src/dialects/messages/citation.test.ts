import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Losses } from '../../model/index.ts'
import { readCitation, writeCitation } from './citation.ts'

const ISSUER = 'https://a'

const CITATIONS = [
  { type: 'web_search_result_location', cited_text: 'q', title: 'T', url: 'https://x', encrypted_index: 'enc' },
  {
    type: 'char_location',
    cited_text: 'q',
    document_title: 'D',
    file_id: 'f',
    document_index: 0,
    start_char_index: 1,
    end_char_index: 2,
  },
  {
    type: 'page_location',
    cited_text: 'q',
    document_title: null,
    file_id: null,
    document_index: 0,
    start_page_number: 1,
    end_page_number: 2,
  },
  {
    type: 'search_result_location',
    cited_text: 'q',
    title: 'T',
    source: 's',
    search_result_index: 0,
    start_block_index: 0,
    end_block_index: 1,
  },
  { type: 'novelty', cited_text: 'q', title: 'T', url: 'u', x: 1 },
]

for (const citation of CITATIONS)
  test(`a citation comes back: ${citation.type}`, () => {
    const losses = new Losses()
    const annotation = readCitation(citation, ISSUER)
    assert.ok(annotation !== undefined)
    assert.deepEqual(writeCitation(annotation, '', losses), citation)
    assert.deepEqual(losses.all, [])
  })

test('a page has all that others know of it', () => {
  assert.deepEqual(readCitation(CITATIONS[0], ISSUER), {
    kind: 'url',
    url: 'https://x',
    title: 'T',
    quote: 'q',
    seal: { dialect: 'messages', issuer: ISSUER, kind: 'encrypted', value: 'enc' },
  })
})

test('what is no object is no citation', () => {
  for (const value of [undefined, null, 'x', []]) assert.equal(readCitation(value, ISSUER), undefined)
})
