import { membersFor, type Request, type Tool } from '../../model/index.ts'
import { objectOf, textOf, type Wire } from '../value.ts'

/** A tool's name on the wire: in a namespace, names need to be unique only there. */
export interface WireName {
  readonly name: string
  readonly namespace?: string
}

/** What APIs take for the name of a function. */
const MAX_NAME = 64

/**
 * One name for a tool in a namespace, fit for models that know no namespaces.
 *
 * It is not taken apart again: who needs the two names finds them at the tool.
 *
 * @param taken the names that are given away; the new one is added
 */
export function flatName(namespace: string, name: string, taken: Set<string>): string {
  const whole = `${namespace}__${name}`
  let flat = whole.slice(-MAX_NAME)
  for (let n = 2; taken.has(flat); n++) flat = `${whole.slice(-(MAX_NAME - 4))}_${n}`
  taken.add(flat)
  return flat
}

/** Where a tool stands on the wire: its namespace with all but its tools, and its name there. */
export function namespaceOf(tool: Tool): { readonly namespace: Wire; readonly name: string } | undefined {
  const members = membersFor('responses', tool.native)
  const namespace = objectOf(members?.namespace)
  const name = textOf(members?.name)
  return namespace === undefined || name === undefined ? undefined : { namespace, name }
}

/** The wire names of a request's tools by their neutral ones; those without a namespace are not told. */
export function wireNames(request: Request | undefined): ReadonlyMap<string, WireName> {
  const names = new Map<string, WireName>()
  for (const tool of request?.tools ?? []) {
    const place = tool.kind === 'provider' ? undefined : namespaceOf(tool)
    const namespace = textOf(place?.namespace.name)
    if (place !== undefined && namespace !== undefined) names.set(tool.name, { name: place.name, namespace })
  }
  return names
}
