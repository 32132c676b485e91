export type {
  CredentialSlot,
  Dialect,
  DialectFailure,
  DialectHttp,
  DialectName,
  Edit,
  FrameKind,
  Match,
  Meter,
  Reading,
  RequestEdits,
  UpstreamTarget,
  WholeMeter,
} from './dialect.ts'
export { emptyReading } from './dialect.ts'
