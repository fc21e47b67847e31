import { cpSync, existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const require = createRequire(import.meta.url)

/**
 * Pack scripts for a machine without packages: each with all its imports but native modules, the wasm backend's binaries,
 * and bench/pytorch. Dawn is added if the package webgpu is installed here.
 *
 * @param out      the folder of the bundle; a script goes to src/<name>.mjs
 * @param scripts  files by name
 * @returns        whether Dawn is in the bundle
 */
export async function bundle(out: string, scripts: Record<string, string>): Promise<{ dawn: boolean }> {
  await build({
    entryPoints: scripts,
    outdir: join(out, 'src'),
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // tfjs as modules, so that there is one tfjs-core: each main entry of tfjs is a bundle with its own
    mainFields: ['module', 'main'],
    conditions: ['@rectified-flow/source'],
    external: ['@tensorflow/tfjs-node', '@tensorflow/tfjs-node-gpu', 'webgpu'],
    banner: { js: commonJs },
    logLevel: 'error',
  })
  cpSync(here('../pytorch'), join(out, 'pytorch'), {
    recursive: true,
    filter: path => !path.endsWith('__pycache__'),
  })
  copyPackage(out, '@tensorflow/tfjs-backend-wasm', ['package.json', ...wasmFiles])
  try {
    copyPackage(out, 'webgpu', ['package.json', 'index.js', join('dist', dawnFolder), 'LICENSE.md'])
    return { dawn: true }
  } catch {
    return { dawn: false }
  }
}

/** The wasm backend's binaries, and its main file, by which they are found. */
const wasmFiles = ['', '-simd', '-threaded-simd']
  .map(kind => `dist/tfjs-backend-wasm${kind}.wasm`)
  .concat('dist/tf-backend-wasm.node.js')

const dawnFolder = `${process.platform}-${process.platform === 'darwin' ? 'universal' : process.arch}`

/** Definitions that CommonJS code misses in an ES module. The wasm backend looks for its binaries beside __dirname. */
const commonJs = `
import { createRequire as rfCreateRequire } from 'node:module';
import { fileURLToPath as rfFileURLToPath } from 'node:url';
const require = rfCreateRequire(import.meta.url);
const __dirname = rfFileURLToPath(new URL('../node_modules/@tensorflow/tfjs-backend-wasm/dist', import.meta.url));
`

function copyPackage(out: string, name: string, files: readonly string[]): void {
  const root = rootOf(name)
  for (const file of files)
    cpSync(join(root, file), join(out, 'node_modules', name, file), { recursive: true, dereference: true })
}

/** The folder of an installed package, even if it doesn't export its package.json. */
function rootOf(name: string): string {
  let folder = dirname(require.resolve(name))
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder)
  return folder
}
