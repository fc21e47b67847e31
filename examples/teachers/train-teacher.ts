import { existsSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { useBackend } from '@rectified-flow/backends'
import { createRng } from '@rectified-flow/core'
import { squaredL2 } from '@rectified-flow/losses-lpips-huber'
import { independentCoupling, Trainer } from '@rectified-flow/reflow'
import { loadTrainer, saveTrainer } from '@rectified-flow/reflow/node'
import { edmVelocity, SongUNet, saveUNet } from '@rectified-flow/unet'
import { runPath, writeShipped } from './shipped-files.js'
import type { Teacher } from './teachers.js'

const SEED = 1
const SAVE_EVERY = 250
const EMA_DECAY = 0.999

/** Train a 1-rectified flow on a data set, from random weights. */
export async function trainTeacher(name: string, teacher: Teacher): Promise<void> {
  const { name: backend } = await useBackend(teacher.backend)
  const rng = createRng(SEED)
  const data = await teacher.data.read()
  const hasClasses = (teacher.config.labelDim ?? 0) > 0
  const net = new SongUNet(teacher.config, { rng: rng.fork('weights') })
  const trainer = new Trainer({
    velocity: (rng, labels) =>
      edmVelocity(net, { training: { rng }, ...(hasClasses && { classLabels: labels }) }),
    weights: net.weights,
    coupling: independentCoupling(data, { rng: rng.fork('pairs') }),
    timesteps: teacher.timesteps.distribution,
    premetric: squaredL2,
    batch: teacher.batch,
    learningRate: teacher.learningRate.schedule,
    emaDecay: () => EMA_DECAY,
    rng: rng.fork('training'),
  })
  const checkpoint = runPath(`${name}.safetensors`)
  await mkdir(dirname(checkpoint), { recursive: true })
  if (existsSync(checkpoint)) await loadTrainer(checkpoint, trainer)

  let total = 0
  let begin = performance.now()
  while (trainer.step < teacher.steps) {
    total += (await trainer.advance()).loss
    if (trainer.step % SAVE_EVERY !== 0 && trainer.step !== teacher.steps) continue
    await saveTrainer(checkpoint, trainer)
    const ms = (performance.now() - begin) / SAVE_EVERY
    const left = ((teacher.steps - trainer.step) * ms) / 60_000
    console.log(`step ${trainer.step}/${teacher.steps}  loss ${(total / SAVE_EVERY).toFixed(4)}  ${ms.toFixed(0)} ms a step, ${left.toFixed(0)} min left`) // biome-ignore format: one line
    total = 0
    begin = performance.now()
  }

  const classNames = hasClasses ? data.classNames : undefined
  const count = [...net.weights.values()].reduce((sum, weight) => sum + weight.size, 0)
  const weights = await saveUNet(net, { weights: trainer.ema, classNames, dtype: teacher.dtype })
  await writeShipped(name, teacher.title, weights, {
    network: `SongUNet (DDPM++), ${count.toLocaleString('en')} weights, ${JSON.stringify(teacher.config)}; EDM preconditioning, sigmaData 0.5`,
    data: teacher.data.text,
    training: `independent coupling, ${teacher.timesteps.text}, squared L2, ${teacher.steps} steps of batch ${teacher.batch}, learning rate ${teacher.learningRate.text}, moving average ${EMA_DECAY}; the file holds the moving average, ${teacher.dtype}`,
    'seed, backend': `${SEED}, ${backend}`,
    accuracy: 'see docs/reproduction.md: the rows of the teacher',
  })
  await rm(checkpoint)
}
