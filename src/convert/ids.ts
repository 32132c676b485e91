const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** A new id for something that the upstream gave none: `prefix` and 20 random letters and digits. */
export function createId(prefix: string): string {
  let id = prefix
  for (const byte of crypto.getRandomValues(new Uint8Array(20))) id += LETTERS[byte % LETTERS.length]
  return id
}
