import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { useBackend } from '@rectified-flow/backends'
import { createRng } from '@rectified-flow/core'
import { createPairStore } from '@rectified-flow/datasets/node'
import { loadFlow } from '@rectified-flow/flow/node'
import { perceptualDistance, withPixels } from '@rectified-flow/losses-lpips-huber'
import { generatePairs, linearDecay, sample, storedCoupling, Trainer, warmUp } from '@rectified-flow/reflow'
import { train } from '@rectified-flow/reflow/node'
import { recipe } from '@rectified-flow/reflow/paper'
import { edmVelocity, loadUNet, saveUNet } from '@rectified-flow/unet'
import { runPath, weightsPath, writeShipped } from './shipped-files.js'
import type { Student } from './students.js'

const SEED = 1

/** One round of Reflow: the teacher makes pairs, and a copy of it learns from them. */
export async function trainStudent(name: string, student: Student): Promise<void> {
  const { pairs: count, pairSteps, steps, batch, learningRate, warmup, emaDecay } = student
  const { name: backend } = await useBackend('node')
  const rng = createRng(SEED)
  const folder = runPath(name)
  const { net: teacher, classNames } = await loadFlow(weightsPath(student.teacher))
  const { imgResolution: side, inChannels: channels, labelDim: classes } = teacher.config
  const store = await createPairStore(join(folder, 'pairs'), {
    ...{ count, seed: SEED, shardSize: 512, shape: [side, side, channels] },
    origin: { by: student.teacher, steps: pairSteps },
    ...(classes > 0 && { classes }),
  })
  await generatePairs(
    store,
    (z, classLabels) => sample(edmVelocity(teacher, { classLabels }), z, { steps: pairSteps }).x,
    {
      onProgress: (done, total) => done % 512 === 0 && console.log(`pairs ${done}/${total}`),
    },
  )

  const net = loadUNet(await readFile(weightsPath(student.teacher)))
  const perception = await student.perception?.()
  const distance =
    perception && withPixels(perceptualDistance(perception.features, { heads: perception.heads! }))
  const trainer = new Trainer({
    velocity: (_, classLabels) => edmVelocity(net, { classLabels }),
    weights: net.weights,
    coupling: storedCoupling(store, { rng: rng.fork('pairs') }),
    ...recipe(student.recipe, distance),
    batch,
    learningRate: warmUp(linearDecay(learningRate, { from: warmup, to: steps, floor: 0.02 }), {
      steps: warmup,
    }),
    emaDecay,
    rng: rng.fork('training'),
  })
  await train(trainer, {
    folder,
    steps,
    settings: { ...student, perception: distance !== undefined },
    saveEvery: 250,
    keep: 1,
    onStep: ({ step, loss }) =>
      step % 50 === 0 && console.log(`step ${step}/${steps}  loss ${loss.toFixed(4)}`),
  })
  await store.close()
  if (trainer.step < steps) return

  const weights = await saveUNet(net, { weights: trainer.ema, classNames, dtype: 'F16' })
  await writeShipped(name, student.title, weights, {
    teacher: `[${student.teacher}](${student.teacher}.md): network and first weights are its`,
    pairs: `${count.toLocaleString('en')}, made by the teacher in ${pairSteps} Euler steps${classes > 0 ? ', all classes equally likely' : ''}`,
    training: `row ${student.recipe} of the paper${distance ? ', with squared differences of pixels beside the features' : ''}; ${steps} steps of batch ${batch}, learning rate ${learningRate} after ${warmup} steps of warm-up, falling linearly to a fiftieth, moving average ${emaDecay}; the file holds the moving average, F16`,
    'seed, backend': `${SEED}, ${backend}`,
    accuracy: 'see docs/reproduction.md',
  })
  await rm(folder, { recursive: true })
}
