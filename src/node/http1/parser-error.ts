/** Bytes that are no HTTP/1.1 answer, or more of them than are read. The codes are those of Node's own parser. */
export class ParserError extends Error {
  override readonly name = 'ParserError'
  readonly code: ParserErrorCode

  constructor(code: ParserErrorCode) {
    super(code)
    this.code = code
  }
}

export type ParserErrorCode =
  | 'HPE_INVALID_CONSTANT'
  | 'HPE_INVALID_VERSION'
  | 'HPE_INVALID_HEADER_TOKEN'
  | 'HPE_INVALID_CONTENT_LENGTH'
  | 'HPE_UNEXPECTED_CONTENT_LENGTH'
  | 'HPE_INVALID_TRANSFER_ENCODING'
  | 'HPE_INVALID_CHUNK_SIZE'
  | 'HPE_CHUNK_EXTENSIONS_OVERFLOW'
  | 'HPE_STRICT'
  | 'HPE_HEADER_OVERFLOW'
  | 'HPE_PAUSED_UPGRADE'
  | 'HPE_INVALID_EOF_STATE'
