export type { Head, HttpClient, RawHeaders, UpstreamCall, UpstreamHandler, UpstreamRequest } from './client.ts'
