import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'esbuild'

/** How a page loads the built packages: through a bundler, or as modules with an import map. */
export const loadings = ['a bundler', 'modules'] as const
export type Loading = (typeof loadings)[number]

const packages = [
  'backends',
  'checkpoints',
  'core',
  'datasets',
  'eval-fid',
  'losses-lpips-huber',
  'ode',
  'reflow',
  'timestep-dists',
  'unet',
]
/** The libraries that the packages import, each served as one ES module, as from a CDN. `from` is a package that has it. */
const libraries: Record<string, { file: string; from: string }> = {
  '@tensorflow/tfjs-core': { file: 'tfjs-core', from: 'core' },
  '@tensorflow/tfjs-backend-cpu': { file: 'tfjs-backend-cpu', from: 'backends' },
  '@tensorflow/tfjs-backend-wasm': { file: 'tfjs-backend-wasm', from: 'backends' },
  '@tensorflow/tfjs-backend-webgpu': { file: 'tfjs-backend-webgpu', from: 'backends' },
  '@zip.js/zip.js': { file: 'zip', from: 'checkpoints' },
  'fast-png': { file: 'fast-png', from: 'datasets' },
  fflate: { file: 'fflate', from: 'datasets' },
}

const folderOf = (name: string) => fileURLToPath(new URL(`../../packages/${name}`, import.meta.url))

/** Whether `npm run build` has run. */
export const isBuilt = packages.every(name => existsSync(join(folderOf(name), 'dist/index.js')))

const common = { bundle: true, format: 'esm', platform: 'browser', logLevel: 'error' } as const
const entry = join(import.meta.dirname, 'page.ts')

/** Write index.html and the files that it loads into a folder. Returns the folders to serve, by URL path. */
export async function buildPage(loading: Loading, folder: string): Promise<Record<string, string>> {
  const asModules = loading === 'modules'
  const external = asModules ? [...packages.map(scoped), ...Object.keys(libraries)] : []
  await build({ ...common, entryPoints: [entry], outfile: join(folder, 'page.js'), external })
  const importMap = asModules ? await importMapOf(folder) : ''
  await writeFile(
    join(folder, 'index.html'),
    `<!doctype html>${importMap}<script type="module" src="page.js"></script>`,
  )
  const dists = packages.map(name => [`/packages/${name}/`, join(folderOf(name), 'dist')])
  return { '/': folder, ...(asModules && Object.fromEntries(dists)) }
}

/** Don't bundle imports of exactly these names. esbuild's own `external` would also exclude imports of files inside them. */
const outside = (names: readonly string[]): Plugin => ({
  name: 'outside',
  setup({ onResolve }) {
    onResolve({ filter: /^[^./]/ }, ({ path }) =>
      names.includes(path) ? { path, external: true } : undefined,
    )
  },
})

const scoped = (name: string) => `@rectified-flow/${name}`

/** The import map: packages as the files of their dist, and each library as one module, which is built here. */
async function importMapOf(folder: string): Promise<string> {
  const imports = Object.fromEntries(packages.map(name => [scoped(name), `/packages/${name}/index.js`]))
  for (const [name, { file, from }] of Object.entries(libraries)) {
    imports[name] = `/libraries/${file}.js`
    await build({
      ...common,
      stdin: { contents: `export * from '${name}'`, resolveDir: folderOf(from) },
      outfile: join(folder, 'libraries', `${file}.js`),
      plugins: [outside(Object.keys(libraries).filter(other => other !== name))],
    })
  }
  return `<script type="importmap">${JSON.stringify({ imports })}</script>`
}
