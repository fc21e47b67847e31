import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { defineConfig, type Plugin } from 'vite'

/** Write files.json, the names of all files of the build: by it the service worker knows which files it may let go of. */
const fileList: Plugin = {
  name: 'file-list',
  async writeBundle({ dir }) {
    const files = (await readdir(join(dir!, 'assets'))).map(file => `assets/${file}`)
    await writeFile(join(dir!, 'files.json'), JSON.stringify(files))
  },
}

export default defineConfig({
  base: './', // may be hosted under any path
  // Packages are read from their sources, so that nothing has to be built first.
  resolve: { conditions: ['@rectified-flow/source', 'browser', 'module', 'development|production'] },
  worker: { format: 'es' },
  assetsInclude: ['**/*.safetensors'],
  build: { target: 'es2022' },
  plugins: [fileList],
})
