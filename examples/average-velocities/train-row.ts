import { existsSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFileWhole } from '@rectified-flow/checkpoints/node'
import { type Coupling, createRng } from '@rectified-flow/core'
import { createPairStore, type PairStore } from '@rectified-flow/datasets/node'
import {
  generatePairs,
  independentCoupling,
  linearDecay,
  sample,
  storedCoupling,
  Trainer,
  warmUp,
} from '@rectified-flow/reflow'
import { train } from '@rectified-flow/reflow/node'
import {
  createUNet,
  edmAverageVelocity,
  edmVelocity,
  loadUNet,
  saveUNet,
  saveWeights,
  type UNet,
} from '@rectified-flow/unet'
import type * as tf from '@tensorflow/tfjs-core'
import { digits, SHAPE, teacher } from './digits.js'
import { ROWS, type Row } from './rows.js'
import type { Run } from './settings.js'

export const folderOf = ({ out, seed }: Run, name: string) => join(out, `seed-${seed}`, name)

/** The trained network of a row. If it is not trained yet, train it first; a run that was killed goes on. */
export async function networkOf(name: string, run: Run): Promise<UNet> {
  const file = join(folderOf(run, name), 'model.safetensors')
  if (!existsSync(file)) await trainRow(name, run, file)
  return loadUNet(await readFile(file))
}

async function trainRow(name: string, run: Run, file: string): Promise<void> {
  const { seed, settings } = run
  const row = ROWS[name]!
  const { passes, learningRate, warmup, batch, emaDecay } = settings
  const steps = Math.floor(passes / row.passes)
  const rng = createRng(seed).fork('training')
  const options = await row.options()
  const net = await startOf(row, options.objective ? 2 : 1, run)
  const store = row.data === 'pairs' ? await teacherPairs(run) : undefined
  const shared = {
    weights: net.weights,
    coupling: store ? storedCoupling(store, { rng: rng.fork('pairs') }) : await freshPairs(rng.fork('pairs')),
    rng,
    batch,
    learningRate: warmUp(linearDecay(learningRate, { from: warmup, to: steps, floor: 0.02 }), {
      steps: warmup,
    }),
    emaDecay,
  }
  const trainer = options.objective
    ? new Trainer<tf.Tensor4D>({ ...shared, ...options, velocity: () => edmAverageVelocity(net) })
    : new Trainer<tf.Tensor4D>({ ...shared, ...options, velocity: () => edmVelocity(net) })
  const begin = performance.now()
  const { finished } = await train(trainer, {
    folder: folderOf(run, name),
    steps,
    settings: { ...settings, row: name, seed },
    saveEvery: 50,
    keep: 1,
    onStep({ step }) {
      if (step % 20 === 0 || step === steps)
        run.log(
          `train ${name}, seed ${seed}: ${step}/${steps}, ${((performance.now() - begin) / 1000).toFixed(0)} s`,
        )
    },
  })
  await store?.close()
  if (!finished) throw new Error('average-velocities: stopped. Start it again, and it goes on.')
  await writeFileWhole(file, await saveUNet(net, { weights: trainer.ema }))
  await rm(join(folderOf(run, name), 'checkpoints'), { recursive: true })
}

/** The network at the start: random weights, or the teacher's in a network of as many times. */
async function startOf({ start }: Row, times: 1 | 2, { seed }: Run): Promise<UNet> {
  const net = await teacher()
  const config = { ...net.config, times }
  if (start === 'random') return createUNet(config, { rng: createRng(seed).fork('weights') })
  return createUNet(config, { tensors: await saveWeights(net) })
}

/** Real digits, and fresh noise for each. The teacher knows no classes, so they go. */
async function freshPairs(rng: ReturnType<typeof createRng>): Promise<Coupling<tf.Tensor4D>> {
  const coupling = independentCoupling(await digits('train'), { rng })
  return {
    async draw(step, batch) {
      const { x, z, labels } = await coupling.draw(step, batch)
      labels?.dispose()
      return { x, z }
    },
  }
}

/** The teacher's pairs of a seed. Missing shards are made first. */
async function teacherPairs(run: Run): Promise<PairStore> {
  const { pairs: count, pairSteps: steps } = run.settings
  const store = await createPairStore(folderOf(run, 'pairs'), {
    count,
    shardSize: Math.min(512, count),
    seed: run.seed,
    shape: SHAPE,
    origin: { by: 'small-digit-teacher', steps },
  })
  const field = edmVelocity(await teacher())
  await generatePairs(store, z => sample(field, z, { steps }).x)
  return store
}
