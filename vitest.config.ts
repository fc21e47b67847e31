import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'
import { defineConfig } from 'vitest/config'

// tfjs-core's deep import has no file extensions, so Node can't load it. Packages bundle it when they are built;
// tests, which read src/, get the same bundle here.
const gradients = fileURLToPath(new URL('node_modules/.cache/register-all-gradients.mjs', import.meta.url))
buildSync({
  entryPoints: [
    createRequire(import.meta.url).resolve('@tensorflow/tfjs-core/dist/register_all_gradients.js'),
  ],
  outfile: gradients,
  bundle: true,
  format: 'esm',
  platform: 'neutral',
  mainFields: ['module', 'main'],
  logLevel: 'error',
})

const conditions = ['@rectified-flow/source', 'node', 'import', 'default']

export default defineConfig({
  resolve: {
    conditions,
    alias: { '@tensorflow/tfjs-core/dist/register_all_gradients.js': gradients },
  },
  ssr: { resolve: { conditions } },
  test: {
    include: [
      'packages/*/test/**/*.test.ts',
      'examples/*/test/**/*.test.ts',
      'test/**/*.test.ts',
      'tools/test/**/*.test.ts',
      'bench/test/**/*.test.ts',
      'deploy/test/**/*.test.ts',
      'docs/test/**/*.test.ts',
    ],
    globalSetup: ['test/temporary-files.ts'],
    setupFiles: ['test/setup.ts'],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 20_000 } }, // the default, a second, passes on a busy machine
    pool: 'forks',
    maxWorkers: '100%', // by default one core of two would wait
  },
})
