import { MillraceError } from '../../errors.ts'

/** From the top of the file to a member: names, and places in lists from 0. */
export type Path = readonly (string | number)[]

/** One thing that is wrong with a configuration. Values are never quoted: any of them may be a secret. */
export interface Problem {
  readonly path: Path
  /** What is wrong and what is allowed; reads on after the member's name. */
  readonly message: string
}

/** Where a problem stands in the file, counted from 1. */
export interface Place {
  readonly line: number
  readonly column: number
}

export interface PlacedProblem extends Problem {
  /** Undefined when it comes from no file. */
  readonly place: Place | undefined
}

/** The configuration cannot be used; the program ends with exit code 2. Every problem is told at once. */
export class ConfigError extends MillraceError {
  /** Tells it from other errors where `instanceof` cannot. */
  override readonly name = 'ConfigError'
  /** All that is wrong, with the places in the file. */
  readonly problems: readonly PlacedProblem[]

  /** @param file the file's name as the user knows it; undefined when there is none */
  constructor(file: string | undefined, problems: readonly PlacedProblem[], options?: ErrorOptions) {
    const subject = file === undefined ? 'the configuration' : `configuration ${JSON.stringify(file)}`
    const lines = problems.map(problem => `  ${formatProblem(file, problem)}`)
    super('bad-request', `Cannot use ${subject}:\n${lines.join('\n')}`, options)
    this.problems = problems
  }
}

/** `models[0].match`; the file as a whole has an empty path. */
export function formatPath(path: Path): string {
  return path.map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`)).join('')
}

/** `millrace.yaml:3:5 server.port: must be from 0 to 65535` */
function formatProblem(file: string | undefined, { path, place, message }: PlacedProblem): string {
  const where = place === undefined ? '' : `${file ?? ''}:${place.line}:${place.column} `
  const member = path.length === 0 ? '' : `${formatPath(path)}: `
  return where + member + message
}
