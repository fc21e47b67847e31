import { join } from 'node:path'
import { checkInt, checkOptions, createRng, describe } from '@rectified-flow/core'
import { createPairStore } from '@rectified-flow/datasets/node'
import { generatePairs, sample, storedCoupling } from '@rectified-flow/reflow'
import { loadUNet, saveUNet } from '@rectified-flow/unet'
import type { Flow } from '../flow.js'
import { type RunOptions, runNames, trainFlow } from './train-flow.js'

export interface StraightenOptions extends RunOptions {
  /** How many pairs of noise and image the teacher makes. More is better, until training sees each one less than once. */
  pairs?: number
  /** Steps of the teacher for an image. */
  teacherSteps?: number
  onPair?: (done: number, total: number) => void
}

/**
 * One round of Reflow: let a flow make pairs of noise and image, and train a copy of it on them, with U-shaped t and squared L2
 * (configuration C of Lee et al., arXiv 2405.20320, from the teacher's weights). The result draws in one step.
 *
 *     const fast = await straighten(flow, { folder: 'runs/photos-2' })
 *     fast.sample(16, { steps: 1 })
 *
 * Killed and called again, it makes the pairs that are missing and goes on from the newest checkpoint in `folder`.
 *
 * @param teacher  borrowed
 * @returns        the flow of the averaged weights, which are also in `network.safetensors` of the folder
 * @throws Error if a signal stopped the run, RangeError if the folder holds a run with other settings
 */
export async function straighten(teacher: Flow, options: StraightenOptions): Promise<Flow> {
  const where = 'flow.straighten'
  checkOptions<StraightenOptions>(where, options, {
    ...runNames,
    pairs: 'optional',
    teacherSteps: 'optional',
    onPair: 'optional',
  })
  const { folder, pairs: count = 4096, teacherSteps = 16, steps = 2000, batch = 64 } = options
  const { learningRate = 5e-4, seed = 0, onPair, signal } = options
  checkInt(where, 'teacherSteps', teacherSteps, 2)
  if (teacher.preconditioner.name !== 'edm')
    throw new RangeError(
      `${where}: teacher must be of EDM's form, got ${describe(teacher.preconditioner.name)}. Compose the packages for other forms.`,
    )
  const { imgResolution: side, inChannels: channels, labelDim: classes } = teacher.net.config
  const rng = createRng(seed)
  const store = await createPairStore(join(folder, 'pairs'), {
    ...{ count, seed, shardSize: 1024, shape: [side, side, channels], origin: { steps: teacherSteps } },
    ...(classes > 0 && { classes }),
  })
  await generatePairs(
    store,
    (z, labels) =>
      sample(teacher.velocity({ classLabels: labels }), z, { steps: teacherSteps, compile: false }).x,
    { batch: 64, ...(onPair && { onProgress: onPair }), ...(signal && { signal }) },
  )
  const net = loadUNet(await saveUNet(teacher.net)) // training changes it; the teacher is borrowed
  const coupling = storedCoupling(store, { rng: rng.fork('coupling') })
  const plan = { folder, steps, batch, learningRate, seed, settings: { pairs: count, teacherSteps } }
  const flow = { coupling, classNames: teacher.classNames, recipe: 'C', rng: rng.fork('training') } as const
  return await trainFlow(where, net, { ...plan, ...flow }, options).finally(() => store.close())
}
