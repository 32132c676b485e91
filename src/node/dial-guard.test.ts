import assert from 'node:assert/strict'
import type { LookupAddress } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { test } from 'node:test'
import { dialRefusal, guardedLookup, isLoopbackHost, type Reach, reachOf } from './dial-guard.ts'

const REACHES: readonly (readonly [address: string, reach: Reach])[] = [
  ['127.0.0.1', 'loopback'],
  ['127.255.255.254', 'loopback'],
  ['0.0.0.0', 'loopback'],
  ['::1', 'loopback'],
  ['::', 'loopback'],
  ['0:0:0:0:0:0:0:1', 'loopback'],
  ['::ffff:127.0.0.1', 'loopback'],
  ['::ffff:7f00:1', 'loopback'],
  ['::ffff:0.0.0.0', 'loopback'],
  ['::127.0.0.1', 'loopback'],
  ['64:ff9b::127.0.0.1', 'loopback'],
  ['10.1.2.3', 'private'],
  ['172.16.0.1', 'private'],
  ['172.31.255.255', 'private'],
  ['172.32.0.1', 'public'],
  ['192.168.1.1', 'private'],
  ['192.0.0.8', 'private'],
  ['198.18.0.1', 'private'],
  ['100.64.0.1', 'private'],
  ['100.128.0.1', 'public'],
  ['::ffff:10.0.0.1', 'private'],
  ['64:ff9b::10.0.0.1', 'private'],
  ['64:ff9b:1::1', 'private'],
  ['fc00::1', 'private'],
  ['fdff::1', 'private'],
  ['fec0::1', 'private'],
  ['169.254.169.254', 'never'],
  ['169.254.0.1', 'never'],
  ['::ffff:169.254.169.254', 'never'],
  ['::ffff:a9fe:a9fe', 'never'],
  ['64:ff9b::169.254.169.254', 'never'],
  ['fe80::1', 'never'],
  ['fe80::1%eth0', 'never'],
  ['febf::1', 'never'],
  ['fd00:ec2::254', 'never'],
  ['fd20:ce::254', 'never'],
  ['168.63.129.16', 'never'],
  ['100.100.100.200', 'never'],
  ['192.0.0.192', 'never'],
  ['0.1.2.3', 'never'],
  ['224.0.0.1', 'never'],
  ['255.255.255.255', 'never'],
  ['ff02::1', 'never'],
  ['2002:7f00:1::', 'never'],
  ['2001::1', 'never'],
  ['2001:4860:4860::8888', 'public'],
  ['8.8.8.8', 'public'],
  ['64:ff9b::8.8.8.8', 'public'],
  ['::ffff:8.8.8.8', 'public'],
]

for (const [address, reach] of REACHES)
  test(`${address} is ${reach}`, () => {
    assert.equal(reachOf(address), reach)
  })

const SPELLINGS: readonly (readonly [url: string, reach: Reach])[] = [
  ['http://2130706433/', 'loopback'],
  ['http://0x7f.1/', 'loopback'],
  ['http://0177.0.0.1/', 'loopback'],
  ['http://127.1/', 'loopback'],
  ['http://2852039166/', 'never'],
  ['http://0xA9FEA9FE/', 'never'],
  ['http://0300.0250.1.1/', 'private'],
]

for (const [url, reach] of SPELLINGS)
  test(`${url} is ${reach}, for a URL writes addresses in one way`, () => {
    assert.equal(reachOf(new URL(url).hostname), reach)
  })

const DIALS: readonly (readonly [host: string, address: string, isDialled: boolean])[] = [
  ['api.example.com', '8.8.8.8', true],
  ['api.example.com', '127.0.0.1', false],
  ['api.example.com', '192.168.1.1', false],
  ['api.example.com', 'fd12::1', false],
  ['api.example.com', '169.254.169.254', false],
  ['localhost', '127.0.0.1', true],
  ['LOCALHOST.', '::1', true],
  ['app.localhost', '127.0.0.1', true],
  ['localhost', '192.168.1.1', false],
  ['notlocalhost', '127.0.0.1', false],
  ['127.0.0.1', '127.0.0.1', true],
  ['0.0.0.0', '0.0.0.0', true],
  ['::1', '::1', true],
  ['192.168.1.1', '192.168.1.1', true],
  ['169.254.169.254', '169.254.169.254', false],
  ['fe80::1', 'fe80::1', false],
  ['::ffff:169.254.169.254', '::ffff:169.254.169.254', false],
]

for (const [host, address, isDialled] of DIALS)
  test(`${host} at ${address} ${isDialled ? 'is' : 'is not'} dialled`, () => {
    assert.equal(dialRefusal(host, address) === undefined, isDialled)
  })

test('with private addresses allowed, names may lead there, but never to metadata', () => {
  assert.equal(dialRefusal('ollama', '172.18.0.2', true), undefined)
  assert.equal(dialRefusal('ollama', '127.0.0.1', true), undefined)
  assert.equal(
    dialRefusal('ollama', '169.254.169.254', true)?.message,
    'Cannot dial ollama: 169.254.169.254 is link-local, metadata or reserved',
  )
})

test('a refusal says what was found and what to do', () => {
  assert.equal(
    dialRefusal('api.example.com', '10.0.0.5')?.message,
    'Cannot dial api.example.com: it leads to 10.0.0.5, which is private; put the address into the base URL if that is meant',
  )
})

const HOSTS: readonly (readonly [host: string, isLoopback: boolean])[] = [
  ['localhost', true],
  ['a.localhost', true],
  ['127.0.0.1', true],
  ['[::1]', true],
  ['[::ffff:7f00:1]', true],
  ['192.168.1.1', false],
  ['localhost.example.com', false],
  ['', false],
]

for (const [host, isLoopback] of HOSTS)
  test(`the host "${host}" ${isLoopback ? 'is' : 'is not'} this machine`, () => {
    assert.equal(isLoopbackHost(host), isLoopback)
  })

const BOTH: readonly LookupAddress[] = [
  { address: '10.0.0.1', family: 4 },
  { address: '8.8.8.8', family: 4 },
]

test('a lookup gives only the addresses that may be dialled', async () => {
  assert.deepEqual(await look(resolving(BOTH), true), [{ address: '8.8.8.8', family: 4 }])
  assert.deepEqual(await look(resolving(BOTH), false), '8.8.8.8')
})

test('a lookup fails when no address may be dialled', async () => {
  await assert.rejects(look(resolving([{ address: '127.0.0.1', family: 4 }]), true), {
    message: /^Cannot dial api.example.com: it leads to 127.0.0.1, which is loopback;/,
  })
  await assert.rejects(look(resolving([]), true), { message: 'Cannot dial api.example.com' })
})

test('an error of the resolver stays what it is', async () => {
  const error = Object.assign(new Error('no'), { code: 'ENOTFOUND' })
  await assert.rejects(
    look((_host, _options, callback) => callback(error, []), true),
    error,
  )
})

function resolving(addresses: readonly LookupAddress[]): LookupFunction {
  return (_host, _options, callback) => callback(null, [...addresses])
}

function look(lookup: LookupFunction, all: boolean): Promise<string | LookupAddress[]> {
  const { promise, resolve, reject } = Promise.withResolvers<string | LookupAddress[]>()
  guardedLookup({ lookup })('api.example.com', { all }, (error, found) =>
    error === null ? resolve(found) : reject(error),
  )
  return promise
}
