export { Page } from './page.ts'
export { type PageRoute, pageRoute } from './routes.ts'
