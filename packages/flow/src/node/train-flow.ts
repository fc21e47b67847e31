import { join } from 'node:path'
import { writeFileWhole } from '@rectified-flow/checkpoints/node'
import type { Coupling, OptionNames, Rng } from '@rectified-flow/core'
import { Trainer, type TrainerStep, warmUp } from '@rectified-flow/reflow'
import { train } from '@rectified-flow/reflow/node'
import { type RecipeName, recipe } from '@rectified-flow/reflow/paper'
import { edmVelocity, loadUNet, saveUNet, type UNet } from '@rectified-flow/unet'
import { Flow } from '../flow.js'

/** What every training of this package takes. */
export interface RunOptions {
  /** The run's folder: checkpoints, metrics and the trained `network.safetensors`. Called again, a run goes on from it. */
  folder: string
  /** Steps in total. */
  steps?: number
  /** Images in a step. */
  batch?: number
  learningRate?: number
  /** Decides everything that is random. */
  seed?: number
  onStep?: (step: TrainerStep) => void
  /** Stops the run; it saves, and goes on from there when it is called again. */
  signal?: AbortSignal
}

export const runNames: OptionNames<RunOptions> = {
  folder: 'required',
  steps: 'optional',
  batch: 'optional',
  learningRate: 'optional',
  seed: 'optional',
  onStep: 'optional',
  signal: 'optional',
}

interface Plan extends Required<Omit<RunOptions, 'onStep' | 'signal'>> {
  coupling: Coupling
  recipe: RecipeName
  rng: Rng
  classNames: readonly string[] | undefined
  /** Everything else that decides the numbers. */
  settings: Readonly<Record<string, unknown>>
}

/**
 * Train a network in a folder, write its averaged weights there, and return them as a flow. Disposes the network.
 *
 * @throws Error if a signal stopped the run
 */
export async function trainFlow(
  where: string,
  net: UNet,
  { coupling, recipe: name, rng, classNames, folder, steps, batch, learningRate, seed, settings }: Plan,
  { onStep, signal }: Pick<RunOptions, 'onStep' | 'signal'>,
): Promise<Flow> {
  const trainer = new Trainer({
    velocity: (stepRng, classLabels) => edmVelocity(net, { classLabels, training: { rng: stepRng } }),
    weights: net.weights,
    coupling,
    ...recipe(name),
    rng,
    batch,
    learningRate: warmUp(learningRate, { steps: 100 }),
    emaDecay: 0.999,
  })
  try {
    const { step, finished } = await train(trainer, {
      folder,
      steps,
      settings: { batch, learningRate, seed, recipe: name, ...settings },
      saveEvery: 500,
      ...(onStep && { onStep }),
      ...(signal && { signal }),
    })
    if (!finished)
      throw new Error(
        `${where}: stopped after ${step} of ${steps} steps. Call it again to go on from ${folder}.`,
      )
    const bytes = await saveUNet(net, { weights: trainer.ema, classNames })
    await writeFileWhole(join(folder, 'network.safetensors'), bytes)
    return new Flow(loadUNet(bytes), { classNames })
  } finally {
    trainer.dispose()
    net.dispose()
  }
}
