import { existsSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFileWhole } from '@rectified-flow/checkpoints/node'
import { createRng } from '@rectified-flow/core'
import { linearDecay, type Schedule, storedCoupling, Trainer, warmUp } from '@rectified-flow/reflow'
import { train } from '@rectified-flow/reflow/node'
import { createUNet, edmVelocity, loadUNet, saveUNet, type UNet } from '@rectified-flow/unet'
import { lossOf } from './loss.js'
import { pairsOf } from './pairs.js'
import { type RowName, TRAININGS, type TrainedRow } from './rows.js'
import { folderOf, modelFile, progress, type Run } from './run.js'

const SAVE_EVERY = 50

/** The network of a row. If it is not trained yet, train it first, and the rows and pairs that it needs. */
export async function networkOf(row: RowName, run: Run, step?: number): Promise<UNet> {
  if (row === 'teacher') return loadUNet(await readFile(run.miniature.teacher))
  if (!existsSync(modelFile(run, row))) await trainRow(row, run)
  return loadUNet(await readFile(modelFile(run, row, step)))
}

/** The numbers of steps after which a row is measured; the last ends it. */
export function stopsOf(row: TrainedRow, { settings }: Run): readonly number[] {
  return TRAININGS[row].short ? [settings.real.iterations] : settings.curve
}

/** Train a row. At the same step, all rows of a seed draw the same pairs and the same random numbers for t and weights. */
async function trainRow(row: TrainedRow, run: Run): Promise<void> {
  const { seed, settings } = run
  const { start, pairs, batchShare, short = false } = TRAININGS[row]
  const stops = stopsOf(row, run)
  const maker = await networkOf(pairs === 'real' ? 'teacher' : pairs, run)
  const store = await pairsOf(pairs, maker, run)
  const rng = createRng(seed).fork('training')
  const net =
    start === 'random' ? createUNet(maker.config, { rng: rng.fork('weights') }) : await networkOf(start, run)
  const trainer = new Trainer({
    velocity: (_, classLabels) => edmVelocity(net, { classLabels }),
    weights: net.weights,
    coupling: storedCoupling(store, { rng: rng.fork('pairs') }),
    ...(await lossOf(row, run)),
    rng,
    batch: settings.batch * batchShare,
    // Fine-tuning on real images has a constant rate without warm-up.
    learningRate: short
      ? settings.real.learningRate
      : falling(settings.learningRate, settings.warmup, stops.at(-1)!),
    emaDecay: settings.emaDecay,
  })
  const show = progress(run, `train ${row}`)
  const folder = folderOf(run, row)
  const save = async (step?: number) =>
    writeFileWhole(modelFile(run, row, step), await saveUNet(net, { weights: trainer.ema }))
  const { finished } = await train(trainer, {
    folder,
    steps: stops.at(-1)!,
    settings: { ...settings, ...TRAININGS[row] },
    saveEvery: SAVE_EVERY,
    keep: 1,
    async onStep({ step }) {
      if (stops.includes(step)) await save(step)
      show(step, stops.at(-1)!)
    },
  })
  await store.close()
  if (!finished) throw new Error('reproduction: stopped. Start it again, and it goes on.')
  await save()
  await rm(join(folder, 'checkpoints'), { recursive: true })
}

/** After a warm-up, a rate that falls linearly to a fiftieth, so that the last weights are at rest. */
function falling(rate: number, warmup: number, steps: number): Schedule {
  return warmUp(linearDecay(rate, { from: warmup, to: steps, floor: 0.02 }), { steps: warmup })
}
