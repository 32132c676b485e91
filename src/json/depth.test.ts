import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isDeeperThan } from './depth.ts'

const DEEP: readonly (readonly [json: string, depth: number])[] = [
  ['', 0],
  ['1', 0],
  ['[]', 1],
  ['[[],[]]', 2],
  ['{"a":[{}]}', 3],
  ['"[[[["', 0],
  ['["\\"[[",[]]', 2],
  ['["\\\\",[[]]]', 3],
]

for (const [json, depth] of DEEP)
  test(`${json} is ${depth} deep`, () => {
    assert.equal(isDeeperThan(depth, json), false)
    if (depth > 0) assert.equal(isDeeperThan(depth - 1, json), true)
  })
