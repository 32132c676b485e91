/** The thread of {@link CaptureWriter}: redacts and writes what was recorded, and deletes what is too old or too much. */
import { parentPort, workerData } from 'node:worker_threads'
import { messageOf } from '../errors.ts'
import { encodeCapture } from './encode.ts'
import { CaptureFolder } from './folder.ts'
import type { WriterJob, WriterReply, WriterSetup } from './thread.ts'

/** Looking through the folder after every file would cost more than writing it: a sixteenth of the room is kept free for it. */
const PARTS = 16

const { folder: path, secrets, maxAgeMs, maxTotalBytes } = workerData as WriterSetup
const folder = new CaptureFolder(path)
const spareBytes = Math.ceil(maxTotalBytes / PARTS)
let writtenBytes = spareBytes
let done: Promise<void> = Promise.resolve()

parentPort?.on('message', (job: WriterJob) => {
  done = done.then(() => answer(job))
})

/** One after the other, and each is answered. */
async function answer({ number, recorded }: WriterJob): Promise<void> {
  const reply: WriterReply = { number, error: await errorOf(recorded === undefined ? prune() : write(recorded)) }
  parentPort?.postMessage(reply)
}

async function write(recorded: NonNullable<WriterJob['recorded']>): Promise<void> {
  const text = encodeCapture(recorded, secrets)
  const bytes = Buffer.byteLength(text)
  if (bytes > maxTotalBytes)
    throw new Error(`Cannot keep a capture of ${bytes} bytes: \`capture.maxTotalBytes\` is ${maxTotalBytes}`)
  // First what makes room: a disk that is full of captures takes no new ones.
  if (writtenBytes + bytes > spareBytes) await prune(bytes)
  await folder.write(recorded.id, text)
  writtenBytes += bytes
}

/** @param bytes that are about to be written */
async function prune(bytes = 0): Promise<void> {
  await folder.prune({ maxAgeMs, maxTotalBytes: Math.max(0, maxTotalBytes - Math.max(spareBytes, bytes)) })
  writtenBytes = 0
}

async function errorOf(work: Promise<void>): Promise<string | undefined> {
  try {
    await work
    return undefined
  } catch (error) {
    return messageOf(error)
  }
}
