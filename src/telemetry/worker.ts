/** The thread of {@link Telemetry}: makes spans and measurements of exchanges, and sends them to the collector. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import type { FromThread, ThreadSetup, ToThread } from './messages.ts'
import { Sdk } from './sdk.ts'

const port = parentPort as MessagePort
const say = (message: FromThread) => port.postMessage(message)
const sdk: Sdk = new Sdk(workerData as ThreadSetup, failed => say({ type: 'sent', failed, state: sdk.state }))

port.on('message', async (message: ToThread) => {
  if (message.type === 'exchanges') {
    for (const told of JSON.parse(message.batch)) sdk.tell(told)
    say({ type: 'taken', count: message.count, state: sdk.state })
    return
  }
  await sdk.close()
  say({ type: 'closed', state: sdk.state })
  port.close()
})
