import { readFileSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { type Output, runProgram } from './program.ts'

export const ROOT = resolve(import.meta.dirname, '../..')

/** What a checkout has and a clone has not, wherever it stands. */
const UNTRACKED: ReadonlySet<string> = new Set(['.git', 'node_modules', 'dist', '.installing', '.tmp'])

export interface Manifest {
  readonly version: string
  readonly bin: Readonly<Record<string, string>>
  readonly exports: Readonly<Record<string, unknown>>
  readonly dependencies: Readonly<Record<string, string>>
}

/** Somebody's project: it depends on the package as npm publishes it, and on Node's types. */
export class Project implements AsyncDisposable {
  readonly folder: string
  /** Every file that was packed. */
  readonly files: readonly string[]
  /** The `package.json` that was packed. */
  readonly manifest: Manifest

  /** Packs a copy of the checkout, build included, and installs it without network. */
  static async create(): Promise<Project> {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-project-'))
    try {
      const packed = await pack(folder)
      return new Project(folder, packed, await install(packed, folder))
    } catch (error) {
      await rm(folder, { recursive: true })
      throw error
    }
  }

  private constructor(folder: string, { files }: Packed, manifest: Manifest) {
    this.folder = folder
    this.files = files.map(({ path }) => path)
    this.manifest = manifest
  }

  /** A file of the installed package. */
  installed(path = ''): string {
    return join(this.folder, 'node_modules/millrace', path)
  }

  /** Makes packages importable that the checkout has. */
  async link(...names: readonly string[]): Promise<void> {
    await linkModules(this.folder, names)
  }

  read(file: string): string {
    return readFileSync(join(this.folder, file), 'utf8')
  }

  /** @returns where the file stands */
  async write(file: string, text: string): Promise<string> {
    const path = join(this.folder, file)
    await writeFile(path, text)
    return path
  }

  run(program: string, ...args: readonly string[]): Promise<Output> {
    return runProgram(program, args, this.folder)
  }

  /** What the compiler says of files of the project; nothing when they are good. */
  async compile(files: readonly string[], ...options: readonly string[]): Promise<string> {
    const strict = ['--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess', '--noEmit']
    const tsc = join(ROOT, 'node_modules/.bin/tsc')
    const { stdout } = await this.run(tsc, ...strict, '--target', 'esnext', '--ignoreConfig', ...options, ...files)
    return stdout
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true })
  }
}

interface Packed {
  readonly filename: string
  readonly files: readonly { readonly path: string }[]
}

async function pack(folder: string): Promise<Packed> {
  const checkout = join(folder, 'checkout')
  await cp(ROOT, checkout, { recursive: true, filter: path => !UNTRACKED.has(basename(path)) })
  await symlink(join(ROOT, 'node_modules'), join(checkout, 'node_modules'))
  const command = ['pack', '--json', '--offline', '--pack-destination', folder]
  const [packed] = JSON.parse(await outputOf('npm', command, checkout)) as [Packed]
  return packed
}

/** Dependencies come from where the checkout has them. */
async function install({ filename }: Packed, folder: string): Promise<Manifest> {
  const modules = join(folder, 'node_modules')
  const installed = join(modules, 'millrace')
  await mkdir(installed, { recursive: true })
  await outputOf('tar', ['-xzf', join(folder, filename), '-C', installed, '--strip-components=1'], folder)
  const manifest = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8')) as Manifest
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  await linkModules(folder, [...Object.keys(manifest.dependencies), '@types/node'])
  return manifest
}

async function linkModules(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const place = join(folder, 'node_modules', name)
    await mkdir(dirname(place), { recursive: true })
    await symlink(join(ROOT, 'node_modules', name), place)
  }
}

async function outputOf(program: string, args: readonly string[], cwd: string): Promise<string> {
  const { code, stdout, stderr } = await runProgram(program, args, cwd)
  if (code !== 0) throw new Error(`Cannot run ${program}: exit code ${code}\n${stdout}${stderr}`)
  return stdout
}
