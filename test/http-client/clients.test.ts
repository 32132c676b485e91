import { FetchClient } from '../../src/http/index.ts'
import { UndiciClient } from '../../src/node/index.ts'
import { behavesAsHttpClient } from './suite.ts'

behavesAsHttpClient('UndiciClient', () => new UndiciClient())
behavesAsHttpClient('FetchClient', () => new FetchClient())
