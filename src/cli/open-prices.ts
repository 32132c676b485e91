import { readFileSync, statSync } from 'node:fs'
import { MillraceError } from '../errors.ts'
import type { Config } from '../gateway/index.ts'
import type { PriceCatalogue } from '../prices/index.ts'

/**
 * What models cost by this configuration. The catalogue is loaded here and nowhere else: it takes 35 ms.
 * @throws {MillraceError} `bad-request` for a catalogue that cannot be read, or a biller that it does not know
 */
export async function openPrices({ upstreams, prices: { file, overrides } }: Config): Promise<PriceCatalogue> {
  const { parseCatalogue, PriceCatalogue } = await import('../prices/index.ts')
  if (file === undefined) return PriceCatalogue.bundled({ upstreams, overrides })
  const { text, date } = read(file)
  return new PriceCatalogue(parseCatalogue(text), `genai-prices of ${date}`, { upstreams, overrides })
}

/** Whether the configuration may be wrong about prices, which the start has to find out. */
export function isOwnCatalogue({ upstreams, prices }: Config): boolean {
  return prices.file !== undefined || upstreams.some(({ billedBy }) => billedBy !== undefined)
}

function read(file: string): { readonly text: string; readonly date: string } {
  try {
    return { text: readFileSync(file, 'utf8'), date: statSync(file).mtime.toISOString().slice(0, 10) }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause
    throw new MillraceError(
      'bad-request',
      `Cannot read the price catalogue: there is no file ${JSON.stringify(file)}: fetch it with \`millrace prices update\``,
      { cause },
    )
  }
}
