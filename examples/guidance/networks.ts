import { existsSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFileWhole } from '@rectified-flow/checkpoints/node'
import { createRng } from '@rectified-flow/core'
import { loadFlow } from '@rectified-flow/flow/node'
import { squaredL2 } from '@rectified-flow/losses-lpips-huber'
import { independentCoupling, linearDecay, Trainer, warmUp } from '@rectified-flow/reflow'
import { train } from '@rectified-flow/reflow/node'
import { logitNormal } from '@rectified-flow/timestep-dists'
import {
  edmVelocity,
  loadUNet,
  SongUNet,
  type SongUNetConfig,
  saveUNet,
  type UNet,
} from '@rectified-flow/unet'
import type { Settings, Training } from './settings.js'
import type { Subject } from './subjects.js'

/** One seed of a run. */
export interface Run {
  folder: string
  seed: number
  subject: Subject
  settings: Settings
  log: (line: string) => void
}

/** The network that draws by class: the shipped one, or a seed's own. */
export async function teacherOf(run: Run): Promise<UNet> {
  const { teacher } = run.subject
  if (typeof teacher === 'string') return (await loadFlow(teacher)).net
  return networkOf('teacher', teacher, run.settings.teacher, run)
}

/** The guide of autoguidance: a network like the teacher's, smaller and trained for a shorter time on the same data. */
export async function guideOf(run: Run): Promise<UNet> {
  const config = (await teacherOf(run)).config as SongUNetConfig
  const half = { ...config, modelChannels: config.modelChannels! / 2 }
  return networkOf('guide', half, run.settings.guide, run)
}

/** A trained network of a run. If it is not trained yet, train it first; a run that was killed goes on. */
async function networkOf(name: string, config: SongUNetConfig, training: Training, run: Run): Promise<UNet> {
  const file = join(run.folder, `${name}.safetensors`)
  if (!existsSync(file)) await trainNetwork(name, config, training, run, file)
  return loadUNet(await readFile(file))
}

async function trainNetwork(
  name: string,
  config: SongUNetConfig,
  { steps, batch, learningRate }: Training,
  { folder, seed, subject, settings, log }: Run,
  file: string,
): Promise<void> {
  const rng = createRng(seed).fork(name)
  const net = new SongUNet(config, { rng: rng.fork('weights') })
  const trainer = new Trainer({
    velocity: (dropout, classLabels) => edmVelocity(net, { classLabels, training: { rng: dropout } }),
    weights: net.weights,
    coupling: independentCoupling(await subject.read('train', settings.trainImages), {
      rng: rng.fork('pairs'),
    }),
    timesteps: logitNormal(),
    premetric: squaredL2,
    batch,
    learningRate: warmUp(linearDecay(learningRate, { from: steps / 2, to: steps, floor: 0.02 }), {
      steps: Math.min(200, steps / 2),
    }),
    emaDecay: Math.min(0.999, 1 - 1 / steps),
    rng: rng.fork('training'),
  })
  const { finished } = await train(trainer, {
    folder: join(folder, name),
    steps,
    settings: { ...settings, seed, config },
    saveEvery: 250,
    keep: 1,
    onStep({ step, loss }) {
      if (step % 250 === 0) log(`${name}, seed ${seed}: ${step}/${steps}, loss ${loss.toFixed(4)}`)
    },
  })
  if (!finished) throw new Error('guidance: stopped. Start it again, and it goes on.')
  await writeFileWhole(file, await saveUNet(net, { weights: trainer.ema }))
  trainer.dispose()
  await rm(join(folder, name), { recursive: true })
}
