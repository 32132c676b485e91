/** True for addresses that only this machine can reach. */
export function isLoopback(host: string): boolean {
  const bare = unbracket(host)
  return bare === 'localhost' || bare === '::1' || /^(?:::ffff:)?127(?:\.\d{1,3}){3}$/.test(bare)
}

/** True for the addresses that mean every address of this machine. */
export function isWildcard(host: string): boolean {
  return ['0.0.0.0', '::', '::ffff:0.0.0.0', ''].includes(unbracket(host))
}

/** The host as it stands in a URL: IPv6 in brackets. */
export function toUrlHost(host: string): string {
  const bare = unbracket(host)
  return bare.includes(':') ? `[${bare}]` : bare
}

function unbracket(host: string): string {
  return host.toLowerCase().replace(/^\[(.*)\]$/, '$1')
}
