import { Command } from 'commander'
import { MillraceError } from '../errors.ts'
import type { LedgerEntry } from '../gateway/index.ts'
import { oneLine } from '../redact.ts'
import { printCurl } from './curl.ts'
import { formatEntry } from './entry.ts'
import { withLedgerOptions } from './ledger-options.ts'
import { openFolder } from './record.ts'
import { isForPrograms, type LedgerFlags, withLedger } from './with-ledger.ts'

interface ShowFlags extends LedgerFlags {
  readonly curl?: string | true
}

export function showCommand(): Command {
  const command = new Command('show')
    .description('Show one exchange of the ledger.')
    .argument('<id>', 'its id, as in x-millrace-request-id, or the beginning of it')
    .option(
      '--curl [side]',
      'print its captured request as a curl command: what the `upstream` was asked, or the `client` asked',
    )
  return withLedgerOptions(command).action(show)
}

async function show(id: string, flags: ShowFlags): Promise<void> {
  if (flags.curl !== undefined) return printCurl(id, flags.curl === true ? 'upstream' : flags.curl, flags.config)
  const entry = await findEntry(id, flags)
  const hasCapture = await openFolder(flags.config).has(entry.row.id)
  if (isForPrograms(flags)) process.stdout.write(`${JSON.stringify({ ...entry, hasCapture }, null, 2)}\n`)
  else process.stdout.write(`${formatEntry(entry)}${hasCapture ? captured(entry.row.id) : ''}`)
}

function captured(id: string): string {
  return `\ncaptured: \`millrace record ${id}\` prints the file, \`millrace show ${id} --curl\` the request\n`
}

/** @throws {MillraceError} not-found, when there is none; bad-request, when there are several */
async function findEntry(id: string, flags: LedgerFlags): Promise<LedgerEntry> {
  const found = await withLedger(flags, reader => reader.find(id))
  const [entry] = found
  if (entry === undefined)
    throw new MillraceError('not-found', `Cannot show ${JSON.stringify(oneLine(id))}: the ledger has no such exchange`)
  if (found.length > 1) {
    const ids = found.map(({ row }) => `  ${row.id}`).join('\n')
    throw new MillraceError('bad-request', `Cannot show ${JSON.stringify(id)}: several ids begin so:\n${ids}`)
  }
  return entry
}
