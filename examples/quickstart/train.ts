import { existsSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { createRng } from '@rectified-flow/core'
import { openPairStore } from '@rectified-flow/datasets/node'
import { perceptualDistance } from '@rectified-flow/losses-lpips-huber'
import { readFacePerception } from '@rectified-flow/losses-lpips-huber/node'
import { linearDecay, storedCoupling, Trainer, warmUp } from '@rectified-flow/reflow'
import { loadTrainer, saveTrainer } from '@rectified-flow/reflow/node'
import { type RecipeName, recipe } from '@rectified-flow/reflow/paper'
import { edmVelocity, saveUNet } from '@rectified-flow/unet'
import type { JobOf, Progress } from './job.js'
import { modelFolder, pairsFolder, readModel, writeWhole } from './run-files.js'

const SAVE_EVERY = 20

/** Train a 2-rectified flow on the stored pairs, starting from the teacher's weights. Goes on from its last saved step. */
export async function train(job: JobOf<'train'>, progress: Progress) {
  const { seed, model, file } = job
  const { iterations, batch, learningRate, warmup, emaDecay } = job.settings
  const net = await readModel(job, 'teacher')
  const pairs = await openPairStore(pairsFolder(job))
  const perception = model === 'E' || model === 'F' ? await readFacePerception() : null
  const rng = createRng(seed).fork('training')
  const trainer = new Trainer({
    velocity: (_, classLabels) => edmVelocity(net, { classLabels }),
    weights: net.weights,
    coupling: storedCoupling(pairs, { rng: rng.fork('pairs') }),
    ...recipe(
      model as RecipeName,
      perception ? perceptualDistance(perception.features, { heads: perception.heads! }) : undefined,
    ),
    rng,
    batch,
    // Falls linearly to a fiftieth, so that the last weights are at rest
    learningRate: warmUp(linearDecay(learningRate, { from: warmup, to: iterations, floor: 0.02 }), {
      steps: warmup,
    }),
    emaDecay,
  })
  const checkpoint = join(modelFolder(job, model), 'trainer.safetensors')
  await mkdir(dirname(checkpoint), { recursive: true })
  if (existsSync(checkpoint)) await loadTrainer(checkpoint, trainer)
  progress(trainer.step, iterations)
  while (trainer.step < iterations) {
    await trainer.advance()
    if (trainer.step % SAVE_EVERY === 0) await saveTrainer(checkpoint, trainer)
    progress(trainer.step, iterations)
  }
  await writeWhole(file, await saveUNet(net, { weights: trainer.ema }))
  await rm(checkpoint, { force: true })
  await pairs.close()
  for (const used of [trainer, perception, net]) used?.dispose()
}
