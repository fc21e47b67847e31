import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Trainer, TrainerStep } from '@rectified-flow/reflow'
import { presets } from '@rectified-flow/unet'
import { tinyCifar10UNet } from '../../networks.js'
import { type CurveName, cifarTrainer, curveTrainings } from '../cifar-training.js'
import { compareCurves } from '../compare-curves.js'
import curves from '../cpu-curves.json' with { type: 'json' }
import type { Job, JobRun } from '../job.js'
import { openDevice } from '../open-device.js'
import { digits } from '../timed.js'

/** Train on CIFAR-10 as a CPU did, and compare the losses. Throws at the end if they differ. */
export const trainingAsOnCpu =
  (name: 'small' | 'cifar10'): Job =>
  async run => {
    const file = pixels(run)
    await openDevice(run)
    const tiny = { small: 'tinySmall', cifar10: 'tinyCifar10' } as const
    const curve: CurveName = run.software ? tiny[name] : name
    const { steps, ...settings } = curveTrainings[curve]
    const { trainer, dispose } = cifarTrainer(file, settings)
    const losses = await lossesOf(trainer, run, { steps })
    dispose()
    const comparison = compareCurves(losses, curves[curve].losses)
    run.record({ what: 'loss curve', curve, ...comparison, cpu: curves[curve].by, losses })
    if (losses.length < steps) throw new Error(`time for ${losses.length} of ${steps} steps`)
    if (!comparison.agrees) throw new Error('the losses differ from those on a CPU')
  }

/** How long the CIFAR-10 network trains at most. */
const SECONDS = 90
/** Shaders are compiled in the first steps, which are not timed. */
const WARM_UP_STEPS = 5

/** Train the CIFAR-10 network on CIFAR-10. */
export const cifarTraining: Job = async run => {
  const file = pixels(run)
  const memory = await openDevice(run)
  const batch = run.software ? 2 : 128
  const config = run.software ? tinyCifar10UNet : presets.cifar10
  const { trainer, dispose } = cifarTrainer(file, { config, batch, learningRate: 2e-4 })
  const until = run.left() - Math.min(run.left(), SECONDS)
  const steps = run.software ? 2 : Infinity
  const first = await lossesOf(trainer, run, { steps: Math.min(steps, WARM_UP_STEPS) })
  const start = performance.now()
  const rest = await lossesOf(trainer, { ...run, left: () => run.left() - until }, { steps })
  const stepMs = (performance.now() - start) / rest.length
  const losses = [...first, ...rest]
  run.record({
    what: 'training',
    network: 'cifar10',
    batch,
    stepMs: digits(stepMs),
    imagesPerSecond: digits((1000 * batch) / stepMs),
    ...memory.read(),
    losses,
  })
  dispose()
  if (!losses.every(Number.isFinite)) throw new Error('a loss is not finite')
}

function pixels({ pack }: JobRun): Uint8Array {
  const path = join(pack, 'cifar10.bin')
  if (!existsSync(path)) throw new Error('the pack has no images of CIFAR-10')
  return readFileSync(path)
}

/** The losses of so many steps, or of those that there is time for. */
async function lossesOf(
  trainer: Trainer,
  { left }: Pick<JobRun, 'left'>,
  { steps }: { steps: number },
): Promise<number[]> {
  const reports: Promise<TrainerStep>[] = []
  while (reports.length < steps && left() > 0) {
    reports.push(trainer.advance())
    await reports.at(-2) // read while the device computes the next step
  }
  return (await Promise.all(reports)).map(({ loss }) => Number(loss.toPrecision(7)))
}
