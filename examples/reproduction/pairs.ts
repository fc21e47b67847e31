import { createPairStore, type PairStore } from '@rectified-flow/datasets/node'
import { generatePairs, invert, invertPairs, sample } from '@rectified-flow/reflow'
import { edmVelocity, type UNet } from '@rectified-flow/unet'
import type { Training } from './rows.js'
import { folderOf, progress, type Run } from './run.js'

/** The pairs of a seed. Missing shards are made first, by the network `maker`. */
export function pairsOf(kind: Training['pairs'], maker: UNet, run: Run): Promise<PairStore> {
  return kind === 'real' ? realPairs(maker, run) : drawnPairs(kind, maker, run)
}

/** Noise, and the images that a network draws from it in many steps. Both rounds of Reflow use the same noise. */
async function drawnPairs(by: string, maker: UNet, run: Run): Promise<PairStore> {
  const { pairs: count, shard: shardSize, pairSteps: steps } = run.settings
  const known = maker.config.labelDim > 0 ? await run.miniature.read('train', count) : undefined
  const store = await createPairStore(folderOf(run, `pairs-${by}`), {
    count,
    shardSize,
    seed: run.seed,
    shape: run.miniature.shape,
    ...(known && { classes: known.classes! }),
    origin: { by, steps },
  })
  await generatePairs(
    store,
    (z, classLabels) => sample(edmVelocity(maker, { classLabels }), z, { steps }).x,
    {
      ...(known && { labels: (index: number) => known.labels![index]! }), // as often as in the data
      onProgress: progress(run, `pairs by ${by}`),
    },
  )
  return store
}

/** Real images, different ones for each seed, and the noise to which a network inverts them in many steps. */
async function realPairs(maker: UNet, run: Run): Promise<PairStore> {
  const { images: count, inversionSteps: steps } = run.settings.real
  const images = await run.miniature.read('train', count * (run.seed + 1))
  const source = {
    count,
    read: (indices: ArrayLike<number>) =>
      images.read(Array.from(indices, i => (run.seed * count + i) % images.count)),
  }
  const store = await createPairStore(folderOf(run, 'pairs-real'), {
    count,
    shardSize: run.settings.shard,
    seed: run.seed,
    shape: run.miniature.shape,
    noise: 'float32',
    origin: { by: 'inversion', steps },
  })
  const field = edmVelocity(maker)
  await invertPairs(store, source, (x, noise) => invert(field, x, { noise, steps }).z, {
    onProgress: progress(run, 'real pairs'),
  })
  return store
}
