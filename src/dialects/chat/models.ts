export { openaiModels as models } from '../openai-models.ts'
