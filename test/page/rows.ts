import type { Page } from 'playwright-core'
import { eventually } from '../eventually.ts'

/** What a row of the live view shows. */
export interface ShownRow {
  readonly state: string
  readonly model: string
  readonly way: string
  readonly tokens: number
}

export function shownRows(page: Page): Promise<readonly ShownRow[]> {
  return page.locator('.rows .row').evaluateAll(rows =>
    rows.map(row => {
      const cells = [...row.children].map(cell => cell.textContent ?? '')
      const [state = '', model = '', way = '', , tokens = ''] = cells
      return { state, model, way, tokens: Number(tokens.replace(/[^\d]/g, '')) }
    }),
  )
}

/** The row of this model, once it is so. */
export function rowOf(page: Page, model: string, isSo: (row: ShownRow) => boolean = () => true): Promise<ShownRow> {
  return eventually(async () => (await shownRows(page)).find(row => row.model === model && isSo(row)), 50)
}
