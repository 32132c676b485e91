export { isLoopback } from './address.ts'
export { type BodyOptions, readBody } from './body.ts'
export { Capacity } from './capacity.ts'
export {
  type Allowed,
  type AllowedOptions,
  allowedNames,
  checkJson,
  checkTarget,
  type GuardedRequest,
  MAX_FIELDS,
} from './guard.ts'
export { type Credentials, KeyRing } from './keys.ts'
export { isSampleKey } from './sample-keys.ts'
