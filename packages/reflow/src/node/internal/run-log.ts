import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFileWhole } from '@rectified-flow/checkpoints/node'
import { TensorBoardWriter } from '../tensorboard.js'
import type { Preview } from '../train-options.js'
import type { Interval } from './interval.js'
import { MetricsLog } from './metrics-log.js'

/** What a run writes down as it goes: lines of `metrics.jsonl`, the same numbers for TensorBoard, and previews. */
export class RunLog {
  /** The losses of all validations, those of earlier processes included. */
  readonly validations: number[]

  private constructor(
    readonly folder: string,
    readonly metrics: MetricsLog,
    readonly board: TensorBoardWriter,
  ) {
    // JSON has null for a loss that is not finite.
    const losses = metrics.earlier.flatMap(({ kind, loss }) => (kind === 'validation' ? [loss] : []))
    this.validations = losses.map(loss => (typeof loss === 'number' ? loss : Number.NaN))
  }

  /** Open the log of a run that goes on after a step. What was written for later steps is removed. */
  static async open(folder: string, step: number): Promise<RunLog> {
    const metrics = await MetricsLog.open(join(folder, 'metrics.jsonl'), step)
    const board = await TensorBoardWriter.open(join(folder, 'tensorboard'), { step: step + 1 })
    return new RunLog(folder, metrics, board)
  }

  /** The means since the line before, and the present learning rate. */
  async training(step: number, learningRate: number, interval: Interval): Promise<void> {
    const { steps, lossByTime, ...means } = interval.summary()
    await this.metrics.add({ kind: 'train', step, steps, ...means, learningRate, lossByTime })
    await this.board.scalars(step, {
      ...prefixed('train', { ...means, learningRate }),
      ...prefixed('loss by time', namedBins(lossByTime)),
    })
  }

  async validation(step: number, loss: number): Promise<void> {
    this.validations.push(loss)
    await this.metrics.add({ kind: 'validation', step, loss })
    await this.board.scalars(step, { 'validation/loss': loss })
  }

  async preview(step: number, { images = {}, scalars = {}, score }: Preview): Promise<void> {
    await mkdir(join(this.folder, 'previews'), { recursive: true })
    const files: Record<string, string> = {}
    for (const [name, png] of Object.entries(images)) {
      files[name] = `previews/${name.replace(/[^\w.-]+/g, '-')}-${String(step).padStart(9, '0')}.png`
      await writeFileWhole(join(this.folder, files[name]), png)
    }
    const numbers = { ...scalars, ...(score !== undefined && { score }) }
    await this.metrics.add({ kind: 'preview', step, scalars: numbers, images: files })
    await this.board.scalars(step, prefixed('preview', numbers))
    await this.board.images(step, prefixed('preview', images))
  }

  close(): Promise<void> {
    return this.board.close()
  }
}

const prefixed = <T>(prefix: string, values: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}/${name}`, value]))

/** The mean of each interval of time, by the interval's ends; without intervals that had no sample. */
function namedBins(means: readonly number[]): Record<string, number> {
  const ends = (i: number) => `t ${i / means.length} to ${(i + 1) / means.length}`
  return Object.fromEntries(
    means.flatMap((mean, i) => (Number.isFinite(mean) ? [[ends(i), mean] as const] : [])),
  )
}
