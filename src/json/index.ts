export { MemberCollector, type MemberCollectorOptions } from './collect.ts'
export { cutMember, insertMember, replaceSpan } from './edit.ts'
export { JsonError } from './error.ts'
export { hasDuplicate, type Member, member, type ScanOptions, type Span, scanObject } from './scan.ts'
