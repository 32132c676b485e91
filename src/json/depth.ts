const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN_ARRAY = 0x5b
const CLOSE_ARRAY = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

/** Whether more brackets than `depth` are open at once: what nests too deep cannot be written again without end of stack. */
export function isDeeperThan(depth: number, json: string): boolean {
  // Short texts cannot be.
  if (json.length <= depth) return false
  let open = 0
  let isString = false
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at)
    if (isString) {
      if (code === BACKSLASH) at++
      else if (code === QUOTE) isString = false
    } else if (code === QUOTE) isString = true
    else if (code === OPEN_ARRAY || code === OPEN_OBJECT) {
      if (++open > depth) return true
    } else if (code === CLOSE_ARRAY || code === CLOSE_OBJECT) open--
  }
  return false
}
