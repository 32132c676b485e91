export { hasProxy } from './dispatchers.ts'
export { UndiciClient, type UndiciClientOptions } from './undici-client.ts'
