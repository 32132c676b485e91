import { after, before } from 'node:test'
import type { Browser } from 'playwright-core'
import { openBrowser } from './browser.ts'
import { type BuiltPage, buildPage } from './build.ts'

/** What the tests of a suite look at the page with. */
export interface Shown {
  readonly built: BuiltPage
  readonly browser: Browser
}

/** Builds the page and opens a browser before the tests of the suite that calls this, and lets go of both after them. */
export function showPage(): Shown {
  let shown: Shown | undefined
  before(async () => {
    const [built, browser] = await Promise.all([buildPage(), openBrowser()])
    shown = { built, browser }
  })
  after(async () => {
    await shown?.browser.close()
    await shown?.built[Symbol.asyncDispose]()
  })
  return {
    get built() {
      return (shown as Shown).built
    },
    get browser() {
      return (shown as Shown).browser
    },
  }
}
