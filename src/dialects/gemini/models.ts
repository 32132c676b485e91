import { fromUtf8, toUtf8 } from '../../bytes.ts'
import type { DialectModels } from '../dialect.ts'
import { itemsOf, objectOf, parseJson, textOf } from '../value.ts'

const PREFIX = 'models/'

export const models: DialectModels = {
  headers: [],
  decode(body) {
    const list = objectOf(parseJson(toUtf8(body)))
    const names = itemsOf(list?.models).flatMap(item => bareName(textOf(objectOf(item)?.name)) ?? [])
    const token = textOf(list?.nextPageToken)
    return { names, next: token && `?pageToken=${encodeURIComponent(token)}` }
  },
  encode: names => fromUtf8(JSON.stringify({ models: names.map(describe) })),
}

function bareName(name: string | undefined): string | undefined {
  return name?.startsWith(PREFIX) ? name.slice(PREFIX.length) : name
}

function describe(name: string) {
  return {
    name: PREFIX + name,
    displayName: name,
    supportedGenerationMethods: ['generateContent', 'streamGenerateContent'],
  }
}
