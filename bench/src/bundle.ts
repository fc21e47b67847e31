import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const require = createRequire(import.meta.url)

export interface BundleOptions {
  /** The folder of the bundle; files of an earlier bundle are replaced. */
  out: string
  /** Add this Node's binary. */
  node?: boolean
  /** Add the Vulkan loader at this path. */
  vulkan?: string
}

/**
 * Pack the bench and the conformance suite for a machine without a network. Dawn is added if the package webgpu is
 * installed here.
 *
 * @returns  whether Dawn is in the bundle
 */
export async function bundle({ out, node = false, vulkan }: BundleOptions): Promise<{ dawn: boolean }> {
  mkdirSync(join(out, 'src'), { recursive: true })
  await bundleScripts(out)
  cpSync(here('../pytorch'), join(out, 'pytorch'), {
    recursive: true,
    filter: path => !path.endsWith('__pycache__'),
  })
  copyPackage(out, '@tensorflow/tfjs-backend-wasm', ['package.json', ...wasmFiles])
  let dawn = true
  try {
    copyPackage(out, 'webgpu', ['package.json', 'index.js', join('dist', dawnFolder), 'LICENSE.md'])
  } catch {
    dawn = false
  }
  if (node) {
    mkdirSync(join(out, 'bin'), { recursive: true })
    copyFileSync(process.execPath, join(out, 'bin/node'))
  }
  if (vulkan) {
    mkdirSync(join(out, 'lib'), { recursive: true })
    copyFileSync(vulkan, join(out, 'lib/libvulkan.so.1'))
  }
  copyFileSync(here('run.sh'), join(out, 'run.sh'))
  chmodSync(join(out, 'run.sh'), 0o755)
  return { dawn }
}

/** The wasm backend's binaries, and its main file, by which they are found. */
const wasmFiles = ['', '-simd', '-threaded-simd']
  .map(kind => `dist/tfjs-backend-wasm${kind}.wasm`)
  .concat('dist/tf-backend-wasm.node.js')

const dawnFolder = `${process.platform}-${process.platform === 'darwin' ? 'universal' : process.arch}`

/** bench.mjs and conformance.mjs, each with all its imports but native modules. They go to src/, as their sources do. */
async function bundleScripts(out: string): Promise<void> {
  await build({
    entryPoints: { bench: here('main.ts'), conformance: here('conformance.ts') },
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
}

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
