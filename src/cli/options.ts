import { InvalidArgumentError } from 'commander'

/** A port number of a command line; 0 means any free one. */
export function parsePort(text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError('it takes a number from 0 to 65535.')
  return port
}
