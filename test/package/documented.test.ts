/** Whoever imports something finds said what it is: every public symbol has a docstring, and every public member. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import {
  type ClassDeclaration,
  type Node,
  type PropertySignatureDeclaration,
  SyntaxKind,
} from 'typescript/unstable/ast'
import { API, type Symbol as Named, SymbolFlags } from 'typescript/unstable/sync'
import manifest from '../../package.json' with { type: 'json' }
import { ROOT } from './project.ts'

const compiler = new API({ cwd: ROOT })
const [program] = compiler.updateSnapshot({ openProjects: [join(ROOT, 'tsconfig.json')] }).getProjects()
if (program === undefined) throw new Error('The compiler has not opened the project')
const { checker } = program

suite('what the package exports has a docstring', () => {
  after(() => compiler.close())

  for (const [door, target] of Object.entries(manifest.exports))
    if (typeof target !== 'string')
      test(`behind ${door.replace('.', 'millrace')}`, () => {
        const exported = namesOf(target.types.replace(/^\.\/dist\/(.*)\.d\.ts$/, 'src/$1.ts'))
        assert.ok(exported.length > 5, `${exported.length} names`)
        assert.deepEqual(exported.flatMap(undocumented), [])
      })
})

/** What a door shows, each as it is declared. */
function namesOf(file: string): readonly Named[] {
  const source = program?.program.getSourceFile(join(ROOT, file))
  const door = source && checker.getSymbolAtLocation(source)
  if (door === undefined) throw new Error(`The compiler does not know ${file}`)
  return checker
    .getExportsOfModule(door)
    .map(name => (name.flags & SymbolFlags.Alias ? checker.getAliasedSymbol(name) : name))
}

/** The name and the members without a docstring. */
function undocumented(name: Named): readonly string[] {
  const missing = isTold(name) ? [] : [name.name]
  if ((name.flags & (SymbolFlags.Class | SymbolFlags.Interface)) === 0) return missing
  for (const member of checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(name)))
    if (isOurs(member) && !isTold(member) && !saysItself(member) && !isInherited(name, member))
      missing.push(`${name.name}.${member.name}`)
  return missing
}

function isTold(name: Named): boolean {
  return name.getDocumentationComment(checker) !== ''
}

/** Public, and not of the language's own library. */
function isOurs(member: Named): boolean {
  const [declared] = member.declarations
  if (declared === undefined || !declared.path.includes('/src/') || member.name.includes('#')) return false
  const { modifiers = [] } = nodeOf(member) as ClassDeclaration
  return ![...modifiers].some(({ kind }) => kind === SyntaxKind.ProtectedKeyword)
}

function nodeOf(name: Named): Node | undefined {
  return name.declarations[0]?.resolve(program)
}

/** A member with one possible value, as in `type: 'ping'`: the value tells it. */
function saysItself(member: Named): boolean {
  return (nodeOf(member) as PropertySignatureDeclaration | undefined)?.type?.kind === SyntaxKind.LiteralType
}

/** What a class implements, or overrides, has been told where it was declared first. */
function isInherited(name: Named, member: Named): boolean {
  const { heritageClauses = [] } = nodeOf(name) as ClassDeclaration
  return heritageClauses
    .flatMap(({ types }) => [...types])
    .map(base => checker.getTypeAtLocation(base))
    .some(base => {
      const declared = base && checker.getPropertyOfType(base, member.name)
      if (base === undefined || declared === undefined) return false
      const owner = base.getSymbol()
      return isTold(declared) || !isOurs(declared) || (owner !== undefined && isInherited(owner, declared))
    })
}
