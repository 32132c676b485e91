/** RFC 3339 in seconds since 1970, without their fraction; undefined for what is no time. */
export function fromCreateTime(time: string): number | undefined {
  const ms = Date.parse(time)
  return Number.isNaN(ms) ? undefined : Math.floor(ms / 1000)
}

export function toCreateTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
}
