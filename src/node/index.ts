export { type ClientOptions, createClient, sharedClient } from './platform.ts'
export { UndiciClient, type UndiciClientOptions } from './undici-client.ts'
