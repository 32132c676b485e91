/** The suite as a worker, for workerd: answers a request with its lines; `?upstream=` says where to ask. */
import { runSuite } from './suite.ts'

// biome-ignore lint/style/noDefaultExport: workerd wants a worker so
export default {
  async fetch({ url }: Request): Promise<Response> {
    const lines: string[] = []
    const upstream = new URL(url).searchParams.get('upstream') ?? ''
    await runSuite({ upstream, isNode: false }, line => lines.push(line))
    return new Response(lines.join('\n'))
  },
}
