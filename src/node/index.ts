export { Http1Client, type Http1ClientOptions } from './http1/index.ts'
export { NodeClient, type NodeClientOptions } from './node-client.ts'
export { type ClientOptions, createClient, sharedClient } from './platform.ts'
export { UndiciClient, type UndiciClientOptions } from './undici/index.ts'
