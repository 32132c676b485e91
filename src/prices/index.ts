export type { BilledUpstream } from './biller.ts'
export { PriceCatalogue, type PriceCatalogueOptions, type PriceList } from './catalogue.ts'
export { CATALOGUE_URL, type CatalogueModel, type CatalogueProvider, parseCatalogue } from './catalogue-data.ts'
export type { PriceOverride } from './overrides.ts'
