import { createPairStore, type PairStore } from '@rectified-flow/datasets/node'
import { generatePairs, invert, invertPairs, sample } from '@rectified-flow/reflow'
import { edmVelocity, type UNet } from '@rectified-flow/unet'
import type { Training } from './rows.js'
import { folderOf, progress, type Run, readDigits, SHAPE } from './run.js'

/** The pairs of a seed. Missing shards are made first, by the network `maker`. */
export function pairsOf(kind: Training['pairs'], maker: UNet, run: Run): Promise<PairStore> {
  return kind === 'real' ? realPairs(maker, run) : drawnPairs(kind, maker, run)
}

/** Noise, and the digits that a network draws from it in many steps. Both rounds of Reflow use the same noise. */
async function drawnPairs(by: string, maker: UNet, run: Run): Promise<PairStore> {
  const { pairs: count, shard: shardSize, pairSteps: steps } = run.settings
  const store = await createPairStore(folderOf(run, `pairs-${by}`), {
    count,
    shardSize,
    seed: run.seed,
    shape: SHAPE,
    origin: { by, steps },
  })
  const field = edmVelocity(maker)
  await generatePairs(store, z => sample(field, z, { steps }).x, {
    onProgress: progress(run, `pairs by ${by}`),
  })
  return store
}

/** Real digits, different ones for each seed, and the noise to which a network inverts them in many steps. */
async function realPairs(maker: UNet, run: Run): Promise<PairStore> {
  const { images: count, inversionSteps: steps } = run.settings.real
  const digits = await readDigits('train')
  const source = {
    count,
    read: (indices: ArrayLike<number>) => digits.read(Array.from(indices, i => run.seed * count + i)),
  }
  const store = await createPairStore(folderOf(run, 'pairs-real'), {
    count,
    shardSize: run.settings.shard,
    seed: run.seed,
    shape: SHAPE,
    noise: 'float32',
    origin: { by: 'inversion', steps },
  })
  const field = edmVelocity(maker)
  await invertPairs(store, source, (x, noise) => invert(field, x, { noise, steps }).z, {
    onProgress: progress(run, 'real pairs'),
  })
  return store
}
