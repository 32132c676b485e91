export { Http1Client, type Http1ClientOptions } from './http1-client.ts'
