export { byLength, type TextCounter, type TokenCount, TokenCounter, type TokenCounterOptions } from './counter.ts'
export { countRequest } from './prompt.ts'
