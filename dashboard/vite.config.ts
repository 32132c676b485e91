import { resolve } from 'node:path'
import { defineConfig } from 'vite'

const root = import.meta.dirname

// biome-ignore lint/style/noDefaultExport: Vite reads it so.
export default defineConfig({
  root,
  base: './',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: resolve(root, '../dist/dashboard'),
    emptyOutDir: true,
    target: 'es2024',
    // The policy of the page allows no code and no picture that is not a file of ours.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
})
