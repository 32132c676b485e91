import type { DialectName } from './dialect-name.ts'

/**
 * An opaque token of a provider: a thinking signature, encrypted reasoning, a thought signature. It means
 * something to its issuer only, must come back byte for byte, and is never shown to another issuer.
 */
export interface Seal {
  /** The dialect that it was said in. */
  readonly dialect: DialectName
  /** Who can read it: the configured issuer of the upstream that sent it, by default its origin. */
  readonly issuer: string
  /** `signature`: proves readable text beside it. `encrypted`: stands in place of text. */
  readonly kind: 'signature' | 'encrypted'
  /** The token itself, byte for byte. */
  readonly value: string
  /** The provider's id of the item that the token belongs to, where the token is refused without it. */
  readonly id?: string | undefined
}
