import { lookup as systemLookup } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { MillraceError } from '../errors.ts'

/**
 * What an address leads to. `never`: link-local, cloud metadata, multicast, reserved, and tunnels that
 * hide another address.
 */
export type Reach = 'public' | 'private' | 'loopback' | 'never'

/** Ranges in order: the first list that holds an address says what it is; the rest is public. */
const RANGES: readonly (readonly [reach: Reach, ranges: readonly string[]])[] = [
  // The unspecified address is dialled as loopback.
  ['loopback', ['127.0.0.0/8', '0.0.0.0/32', '::1/128', '::/128']],
  [
    'never',
    [
      '0.0.0.0/8',
      '169.254.0.0/16',
      'fe80::/10',
      // Metadata of AWS, Google, Azure, Alibaba and Oracle outside of the link-local range.
      'fd00:ec2::254/128',
      'fd20:ce::254/128',
      '168.63.129.16/32',
      '100.100.100.200/32',
      '192.0.0.192/32',
      '224.0.0.0/4',
      '240.0.0.0/4',
      'ff00::/8',
      '2001::/32',
      '2002::/16',
    ],
  ],
  [
    'private',
    [
      '10.0.0.0/8',
      '100.64.0.0/10',
      '172.16.0.0/12',
      '192.0.0.0/24',
      '192.168.0.0/16',
      '198.18.0.0/15',
      'fc00::/7',
      'fec0::/10',
      '64:ff9b:1::/48',
    ],
  ],
]

/** IPv4 inside IPv6: translated by NAT64, and the old compatible form. `BlockList` knows the mapped form itself. */
const EMBEDDINGS = ['64:ff9b::', '::']

const LISTS = RANGES.map(([reach, ranges]) => ({ reach, list: toBlockList(ranges) }))

export interface DialRules {
  /** Whether a name may lead to a loopback or private address. Default: only if the URL itself says so. */
  readonly allowPrivate?: boolean
  /** Resolves names. Default: the system's resolver. */
  readonly lookup?: LookupFunction
}

/** What an IP address leads to, however it is written. */
export function reachOf(address: string): Reach {
  const [bare = ''] = address.split('%')
  const family = isIP(bare) === 6 ? 'ipv6' : 'ipv4'
  return LISTS.find(({ list }) => list.check(bare, family))?.reach ?? 'public'
}

/**
 * Why an address must not be dialled for a host of a URL; undefined when it may be.
 *
 * Loopback and private addresses are dialled when the URL names one, as an address or as `localhost`:
 * a public name that leads there is somebody else's doing.
 */
export function dialRefusal(host: string, address: string, allowPrivate = false): MillraceError | undefined {
  const reach = reachOf(address)
  if (reach === 'never')
    return new MillraceError('upstream', `Cannot dial ${host}: ${address} is link-local, metadata or reserved`)
  if (reach === 'public' || allowPrivate || isIP(host) !== 0 || (reach === 'loopback' && isLocalhost(host)))
    return undefined
  return new MillraceError(
    'upstream',
    `Cannot dial ${host}: it leads to ${address}, which is ${reach}; put the address into the base URL if that is meant`,
  )
}

/** True for hosts that never leave this machine by what they say: `localhost`, `127.0.0.1`, `[::1]`. */
export function isLoopbackHost(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '')
  return isLocalhost(bare) || (isIP(bare) !== 0 && reachOf(bare) === 'loopback')
}

/**
 * A `lookup` for sockets that gives only addresses which may be dialled. The socket dials what it is
 * given, so the address that was checked is the one dialled. Sockets do not look up IP literals:
 * those are for {@link dialRefusal}.
 */
export function guardedLookup({ allowPrivate = false, lookup = systemLookup }: DialRules = {}): LookupFunction {
  return (host, options, callback) =>
    lookup(host, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, [])
      const addresses = typeof found === 'string' ? [{ address: found, family: isIP(found) }] : found
      const refusals = addresses.map(({ address }) => dialRefusal(host, address, allowPrivate))
      const allowed = addresses.filter((_, at) => refusals[at] === undefined)
      const [first] = allowed
      if (first === undefined) return callback(refusals[0] ?? new MillraceError('upstream', `Cannot dial ${host}`), [])
      if (options.all) return callback(null, allowed)
      callback(null, first.address, first.family)
    })
}

function isLocalhost(host: string): boolean {
  return /^(.+\.)?localhost\.?$/i.test(host)
}

function toBlockList(ranges: readonly string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [network = '', bits] = range.split('/')
    const prefix = Number(bits)
    if (isIP(network) === 6) list.addSubnet(network, prefix, 'ipv6')
    else {
      list.addSubnet(network, prefix, 'ipv4')
      for (const embedding of EMBEDDINGS) list.addSubnet(`${embedding}${network}`, 96 + prefix, 'ipv6')
    }
  }
  return list
}
