import { Command } from 'commander'
import { type CaptureEntry, CaptureFolder } from '../capture/index.ts'
import { MillraceError } from '../errors.ts'
import { loadConfig } from '../gateway/index.ts'
import { oneLine } from '../redact.ts'
import { capturesFolder } from './captures.ts'
import { parseSince } from './ledger-options.ts'

interface RecordFlags {
  readonly config?: string
  readonly list?: true
  readonly delete?: true
  /** Milliseconds since the epoch. */
  readonly olderThan?: number
}

export function recordCommand(): Command {
  return new Command('record')
    .description('Print the file of a captured exchange, list what was captured, or delete it.')
    .argument('[id]', 'id of the exchange, or how it begins')
    .option('--list', 'list what is there, the newest first')
    .option('--delete', 'delete the capture in place of printing it; with --older-than all that are older')
    .option('--older-than <time>', 'with --delete: 90s, 15m, 1h, 30d, or a date', text => parseSince(text))
    .option('--config <file>', 'configuration to read (default: millrace.yaml in this folder, when there is one)')
    .action(record)
}

async function record(id: string | undefined, flags: RecordFlags): Promise<void> {
  const folder = openFolder(flags.config)
  if (flags.list) return list(await folder.list())
  if (flags.olderThan !== undefined) {
    if (!flags.delete || id !== undefined) throw misused('`--older-than` goes with `--delete` and without an id')
    return tellGone(
      await folder.prune({ maxAgeMs: Date.now() - flags.olderThan, maxTotalBytes: Number.POSITIVE_INFINITY }),
    )
  }
  if (id === undefined) throw misused('name the exchange, or ask for the list with `--list`')
  const found = await findCapture(folder, id)
  const file = await folder.read(found)
  if (file === undefined) throw missing(id)
  if (!flags.delete) process.stdout.write(file)
  else tellGone({ files: (await folder.delete(found)) ? 1 : 0, bytes: file.length })
}

/** The folder of the gateway that would run here. */
export function openFolder(flag: string | undefined): CaptureFolder {
  const { config } = loadConfig({ cwd: process.cwd(), env: process.env, ...(flag === undefined ? {} : { flag }) })
  return new CaptureFolder(capturesFolder(config.capture))
}

/**
 * The id that begins so.
 * @throws {MillraceError} not-found when there is none; bad-request when there are several.
 */
export async function findCapture(folder: CaptureFolder, prefix: string): Promise<string> {
  const found = (await folder.ids()).filter(id => id.startsWith(prefix))
  const [only] = found.includes(prefix) ? [prefix] : found
  if (only === undefined) throw missing(prefix)
  if (found.length > 1 && only !== prefix)
    throw new MillraceError('bad-request', `Cannot find the capture: ${found.length} begin with "${prefix}"; say more`)
  return only
}

function missing(id: string): MillraceError {
  const why = `no exchange "${id}" was captured; \`millrace record --list\` tells which were, \`capture.mode\` which are`
  return new MillraceError('not-found', `Cannot find the capture: ${why}`)
}

function misused(why: string): MillraceError {
  return new MillraceError('bad-request', `Cannot run \`record\`: ${why}`)
}

function list(entries: readonly CaptureEntry[]): void {
  const rows = entries.map(({ id, time, dialects, model, outcome, status, bytes }) =>
    [id, time, dialects.client ?? '-', model ?? '-', `${status ?? '-'}`, outcome ?? 'torn', `${bytes}`].map(oneLine),
  )
  for (const row of rows) process.stdout.write(`${row.join('  ')}\n`)
}

function tellGone({ files, bytes }: { readonly files: number; readonly bytes: number }): void {
  process.stdout.write(`deleted ${files} ${files === 1 ? 'capture' : 'captures'}, ${bytes} bytes\n`)
}
