import { statSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import type { Packed } from './pack.js'

/** kB of 1,000 bytes. */
interface Sizes {
  /** The tarball that is published. */
  packed: number
  /** All that the main entry brings to a page except for tfjs: minified and gzipped; 0 for packages of Node. */
  bundle: number
}

/** The most that each package may take: about a tenth more than it takes today. */
const BUDGETS: Record<string, Sizes> = {
  '@rectified-flow/backends': { packed: 975, bundle: 139 },
  '@rectified-flow/checkpoints': { packed: 130, bundle: 121 },
  '@rectified-flow/cli': { packed: 505, bundle: 0 },
  '@rectified-flow/core': { packed: 75, bundle: 15 },
  '@rectified-flow/datasets': { packed: 145, bundle: 31 },
  '@rectified-flow/eval-fid': { packed: 2450, bundle: 138 },
  '@rectified-flow/flow': { packed: 6000, bundle: 275 },
  '@rectified-flow/losses-lpips-huber': { packed: 935, bundle: 105 },
  '@rectified-flow/ode': { packed: 97, bundle: 26 },
  '@rectified-flow/reflow': { packed: 205, bundle: 39 },
  '@rectified-flow/timestep-dists': { packed: 16, bundle: 11 },
  '@rectified-flow/unet': { packed: 102, bundle: 115 },
}

/** A line that says how large a package is, and what is wrong with that, or null. */
export async function measureSize(
  one: Packed,
  project: string,
): Promise<{ text: string; problem: string | null }> {
  const sizes: Sizes = { packed: statSync(one.tarball).size / 1000, bundle: await bundleSize(one, project) }
  const budget = BUDGETS[one.name]
  const part = (key: keyof Sizes) => `${key} ${sizes[key].toFixed(1)} of ${budget?.[key]} kB`
  const fits = budget && sizes.packed <= budget.packed && sizes.bundle <= budget.bundle
  return {
    text: `size: ${part('packed')}, ${part('bundle')}`,
    problem: fits ? null : 'over its budget in tools/src/packages/sizes.ts',
  }
}

async function bundleSize({ name, manifest }: Packed, project: string): Promise<number> {
  if (!('.' in manifest.exports)) return 0
  const { outputFiles } = await build({
    stdin: { contents: `export * from '${name}'`, resolveDir: project },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    external: ['@tensorflow/*'],
    write: false,
    logLevel: 'silent',
  })
  return gzipSync(outputFiles[0]!.contents).length / 1000
}
