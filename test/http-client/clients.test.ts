import { FetchClient } from '../../src/http/index.ts'
import { Http1Client, NodeClient, UndiciClient } from '../../src/node/index.ts'
import { behavesAsHttpClient } from './suite.ts'

behavesAsHttpClient('Http1Client', () => new Http1Client())
behavesAsHttpClient('UndiciClient', () => new UndiciClient())
behavesAsHttpClient('NodeClient', () => new NodeClient())
behavesAsHttpClient('FetchClient', () => new FetchClient())
