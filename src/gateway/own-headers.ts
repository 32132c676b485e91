import { lossesHeader } from '../convert/index.ts'
import type { Recorder } from '../exchange/index.ts'
import type { RawHeaders } from '../http/index.ts'

/** What we say of an exchange in its head, under names that no upstream can take. */
export function ownHeaders({ subject, upstream, lane, edits, conversion }: Recorder): RawHeaders {
  const losses = conversion === undefined ? undefined : lossesHeader(conversion.requestLosses.all)
  return [
    'x-millrace-request-id',
    subject.id,
    ...(upstream === undefined ? [] : ['x-millrace-upstream', upstream]),
    ...(lane === undefined ? [] : ['x-millrace-lane', lane]),
    ...(edits.size === 0 ? [] : ['x-millrace-edits', [...edits].join(', ')]),
    ...(losses === undefined ? [] : ['x-millrace-losses', losses]),
  ]
}
