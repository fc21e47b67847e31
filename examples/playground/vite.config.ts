import { defineConfig } from 'vite'

export default defineConfig({
  base: './', // may be hosted under any path
  // Packages are read from their sources, so that nothing has to be built first.
  resolve: { conditions: ['@rectified-flow/source', 'browser', 'module', 'development|production'] },
  worker: { format: 'es' },
  assetsInclude: ['**/*.safetensors'],
  build: { target: 'es2022' },
})
