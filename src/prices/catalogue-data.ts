import { type Provider, REMOTE_DATA_JSON_URL, waitForUpdate } from '@pydantic/genai-prices'
import { MillraceError } from '../errors.ts'

/** Whose prices a catalogue lists: a vendor, or a reseller with prices of its own. */
export type CatalogueProvider = Provider

/** A model with its prices. */
export type CatalogueModel = Provider['models'][number]

/** Where the newest catalogue is published. Nothing asks there by itself. */
export const CATALOGUE_URL: string = REMOTE_DATA_JSON_URL

/** The version of the package whose data is bundled; a test keeps it true, since the package hides its own word. */
const PACKAGE_VERSION = '0.1.8'

/** What the bundled catalogue is called where a price is from it. */
export const BUNDLED_SOURCE: string = `genai-prices ${PACKAGE_VERSION}`

/** The catalogue that came with the package. */
export async function bundledProviders(): Promise<readonly CatalogueProvider[]> {
  return (await waitForUpdate()) ?? []
}

/**
 * Reads a catalogue in the form it is published in.
 *
 * @throws {MillraceError} `bad-request` for what is none
 */
export function parseCatalogue(text: string): readonly CatalogueProvider[] {
  const value = parsed(text)
  if (!Array.isArray(value) || value.length === 0 || !value.every(isProvider))
    throw new MillraceError('bad-request', 'Cannot read the price catalogue: it is no list of providers with models')
  return value
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new MillraceError('bad-request', 'Cannot read the price catalogue: it is not JSON', { cause })
  }
}

function isProvider(value: unknown): value is CatalogueProvider {
  const { id, api_pattern, models } = Object(value) as Record<string, unknown>
  return typeof id === 'string' && isPattern(api_pattern) && Array.isArray(models) && models.every(isModel)
}

function isPattern(value: unknown): boolean {
  if (typeof value !== 'string') return false
  try {
    new RegExp(value)
    return true
  } catch {
    return false
  }
}

function isModel(value: unknown): boolean {
  const { id, match, prices } = Object(value) as Record<string, unknown>
  return typeof id === 'string' && isObject(match) && isObject(prices)
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}
