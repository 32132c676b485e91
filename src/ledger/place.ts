/** Whether the ledger is on a server: else its URL is the path of a file. */
export function isPostgres(url: string): boolean {
  return /^postgres(?:ql)?:\/\//.test(url)
}
