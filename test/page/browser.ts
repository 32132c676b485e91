/** Debian's Chromium, and what a page did in it. */
import { existsSync } from 'node:fs'
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core'

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium'
const PATIENCE_MS = 15_000

/** Why the tests of the page cannot run here; false: they can. */
export const noBrowser: string | false = existsSync(CHROMIUM) ? false : `no browser at ${CHROMIUM}`

/** @param flags more of Chromium's */
export function openBrowser(flags: readonly string[] = []): Promise<Browser> {
  // As root, in a container, its sandbox cannot start.
  return chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu', ...flags] })
}

/** One tab, and everything in it that must not be. */
export interface Tab extends AsyncDisposable {
  readonly page: Page
  readonly context: BrowserContext
  /** Violations of the policy, errors of the page, dialogs, and requests that went elsewhere. */
  readonly complaints: readonly string[]
}

/** @param origin the only one that may be asked for anything */
export async function openTab(browser: Browser, origin: string, options: BrowserContextOptions = {}): Promise<Tab> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options })
  const page = await context.newPage()
  page.setDefaultTimeout(PATIENCE_MS)
  const complaints: string[] = []
  page.on('pageerror', error => complaints.push(`error: ${error.message}`))
  page.on('dialog', dialog => {
    complaints.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('console', message => {
    // Streams that are gone are a 404 until their report is there; so are captures that were not made.
    const isExpected = /status of 40[14]|ERR_INCOMPLETE_CHUNKED/.test(message.text())
    if (message.type() === 'error' && !isExpected) complaints.push(`console: ${message.text()}`)
  })
  page.on('request', request => {
    const url = new URL(request.url())
    if (url.origin !== origin && url.protocol !== 'data:' && url.protocol !== 'blob:')
      complaints.push(`request: ${request.url()}`)
  })
  context.on('page', opened => {
    if (opened !== page) complaints.push(`window: ${opened.url()}`)
  })
  return { page, context, complaints, [Symbol.asyncDispose]: () => context.close() }
}
