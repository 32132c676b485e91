/** Where the part of a path begins that a dialect knows. */
const CALL_PATH = /\/(?:chat\/completions|responses|messages|(?:models|tunedModels)\/.*:\w+)$/

/**
 * A path in two: what stands before the call of a model, and the call as a dialect knows it. Where there is
 * none, all of the path is the call.
 */
export function splitCallPath(pathname: string): { readonly base: string; readonly path: string } {
  const at = CALL_PATH.exec(pathname)?.index ?? 0
  return { base: pathname.slice(0, at), path: pathname.slice(at) }
}
