/** What is used of miniflare, which is installed on demand only. */
export declare class Miniflare {
  constructor(options: {
    readonly modules: readonly { readonly type: 'ESModule'; readonly path: string; readonly contents: string }[]
    readonly compatibilityDate: string
  })
  dispatchFetch(url: string): Promise<Response>
  dispose(): Promise<void>
}
