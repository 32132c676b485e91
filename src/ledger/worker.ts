/** A thread of the ledger: the one that writes, or the one that answers questions. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import type { Duty } from './messages.ts'
import { ReadDuty } from './read-duty.ts'
import { WriteDuty } from './write-duty.ts'

const duty = workerData as Duty
const port = parentPort as MessagePort

if (duty.role === 'writer') new WriteDuty(duty, port)
else new ReadDuty(duty, port)
