import { existsSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeFileWhole } from '@rectified-flow/checkpoints/node'
import { createRng } from '@rectified-flow/core'
import { perceptualDistance } from '@rectified-flow/losses-lpips-huber'
import { readDigitPerception } from '@rectified-flow/losses-lpips-huber/node'
import { storedCoupling, Trainer, warmUp } from '@rectified-flow/reflow'
import { train } from '@rectified-flow/reflow/node'
import { recipe } from '@rectified-flow/reflow/paper'
import { createUNet, edmVelocity, loadUNet, saveUNet, type UNet } from '@rectified-flow/unet'
import { pairsOf } from './pairs.js'
import { type RowName, TRAININGS, type TrainedRow } from './rows.js'
import { folderOf, modelFile, progress, type Run } from './run.js'

const SAVE_EVERY = 20
const teacher = fileURLToPath(import.meta.resolve('@rectified-flow/reflow/weights/digit-teacher.safetensors'))

/** The network of a row. If it is not trained yet, train it first, and the rows and pairs that it needs. */
export async function networkOf(row: RowName, run: Run): Promise<UNet> {
  if (row === 'teacher') return loadUNet(await readFile(teacher))
  if (!existsSync(modelFile(run, row))) await trainRow(row, run)
  return loadUNet(await readFile(modelFile(run, row)))
}

/** Train a row. At the same step, all rows of a seed draw the same pairs and the same random numbers for t and weights. */
async function trainRow(row: TrainedRow, run: Run): Promise<void> {
  const { seed, settings } = run
  const { start, pairs, recipe: name, batchShare } = TRAININGS[row]
  const { iterations, learningRate } = pairs === 'real' ? settings.real : settings
  const maker = await networkOf(pairs === 'real' ? 'teacher' : pairs, run)
  const store = await pairsOf(pairs, maker, run)
  const rng = createRng(seed).fork('training')
  const net =
    start === 'random' ? createUNet(maker.config, { rng: rng.fork('weights') }) : await networkOf(start, run)
  const digits = await readDigitPerception()
  const trainer = new Trainer({
    velocity: () => edmVelocity(net),
    weights: net.weights,
    coupling: storedCoupling(store, { rng: rng.fork('pairs') }),
    ...recipe(name, perceptualDistance(digits.features, { heads: digits.heads })),
    rng,
    batch: settings.batch * batchShare,
    // Fine-tuning on real data has a constant rate without warm-up.
    learningRate: pairs === 'real' ? learningRate : warmUp(learningRate, { steps: settings.warmup }),
    emaDecay: () => settings.emaDecay,
  })
  const show = progress(run, `train ${row}`)
  const folder = folderOf(run, row)
  const { finished } = await train(trainer, {
    folder,
    steps: iterations,
    settings: { ...settings, ...TRAININGS[row] },
    saveEvery: SAVE_EVERY,
    keep: 1,
    onStep: ({ step }) => show(step, iterations),
  })
  await store.close()
  if (!finished) throw new Error('reproduction: stopped. Start it again, and it goes on.')
  await writeFileWhole(modelFile(run, row), await saveUNet(net, { weights: trainer.ema }))
  await rm(join(folder, 'checkpoints'), { recursive: true })
}
