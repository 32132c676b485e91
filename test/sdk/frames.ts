/** The frames of an event stream, each with its blank line; the last may lack it. */
export function framesOf(bytes: Buffer): readonly Buffer[] {
  const frames = bytes.toString('latin1').match(/.+?(?:\r\n\r\n|\n\n|$)/gs) ?? []
  return frames.map(frame => Buffer.from(frame, 'latin1'))
}

/** The stream as far as a reader can use it: a frame that broke off is left out. */
export function withoutTornFrame(bytes: Buffer): Buffer {
  return Buffer.concat(framesOf(bytes).filter(frame => /\r?\n\r?\n$/.test(frame.toString('latin1'))))
}

export function dataOf(frame: Buffer): string | undefined {
  return /^data: ?(.*?)\r?$/ms.exec(frame.toString('utf8'))?.[1]
}
