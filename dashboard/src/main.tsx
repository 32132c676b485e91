import { render } from 'preact'
import { App } from './app.tsx'
import { enter } from './session.tsx'
import './styles/base.css'
import './styles/live.css'
import './styles/stream.css'
import './styles/overview.css'

await enter()
render(<App />, document.body)
