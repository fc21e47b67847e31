import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { writeFileWhole } from '@rectified-flow/checkpoints/node'
import { checkInt } from '@rectified-flow/core'
import type { Trainer, TrainerStep } from '../trainer.js'
import { CheckpointFolder, type Scored } from './internal/checkpoint-folder.js'
import { Interval } from './internal/interval.js'
import { MetricsLog } from './internal/metrics-log.js'
import { claimFolder, type RunSettings } from './internal/run-settings.js'
import { type StopSignals, stopOn } from './internal/stop-on.js'
import { TensorBoardWriter } from './tensorboard.js'

const WHERE = 'reflow.train'
const BINS = 10

/** What a run shows from time to time. */
export interface Preview {
  /** PNG files by name (such as '1-step'), for example from `encodePngGrid` of `@rectified-flow/datasets`. */
  images?: Readonly<Record<string, Uint8Array>>
  /** Numbers by name, such as 'straightness'. */
  scalars?: Readonly<Record<string, number>>
  /** How good the model is, such as a Fréchet distance; lower is better. The run keeps the best checkpoint. */
  score?: number
}

export interface TrainOptions {
  /** The run's folder. With the folder of an earlier run, that run continues. */
  folder: string
  /** Steps in total; a finished run continues if you give more. */
  steps: number
  /** Everything that decides the numbers. A run continues only with the same settings. */
  settings: RunSettings
  /** 'must' throws if the folder holds no run, 'never' throws if it holds one. */
  resume?: 'auto' | 'must' | 'never'
  saveEvery?: number
  /** How many of the newest checkpoints to keep, besides the best. */
  keep?: number
  logEvery?: number
  previewEvery?: number
  /** Tests the model. Without it, a checkpoint's score is the mean loss since the checkpoint before. */
  preview?: (trainer: Trainer) => Preview | Promise<Preview>
  onStep?: (step: TrainerStep) => void
  /** Called for problems that don't stop the run, such as a checkpoint that can't be read. */
  onWarning?: (message: string) => void
  /** Stops the run as SIGINT does. */
  signal?: AbortSignal
  /** Signals that stop the run after the steps under way; it saves. A second signal kills the process. */
  stopSignals?: StopSignals
}

export interface TrainResult {
  step: number
  /** True if all steps are done, false if a signal stopped the run. */
  finished: boolean
  /** The best checkpoint's path, step and score. */
  best?: Scored & { path: string }
  /** The newest checkpoint's path. */
  last: string
}

/**
 * Train up to a number of steps, in a folder that holds everything: `settings.json`, `checkpoints/` (the newest and the
 * best), `metrics.jsonl`, `previews/` and `tensorboard/`. If the process is killed, call this again with a new trainer. It
 * continues from the newest whole checkpoint, and ends with the same bits as an undisturbed run on the same backend.
 *
 * Load initial weights before you make the trainer, so that a resumed checkpoint replaces them and they never replace it.
 *
 * @throws NumericError if the trainer throws one, after writing a checkpoint with the last good weights
 */
export async function train(trainer: Trainer, options: TrainOptions): Promise<TrainResult> {
  const { folder, steps, settings, resume = 'auto', saveEvery = 1000, keep = 2 } = options
  const { logEvery = 100, previewEvery = saveEvery, preview, onStep, onWarning } = options
  for (const [name, value] of Object.entries({ steps, saveEvery, keep, logEvery, previewEvery }))
    checkInt(WHERE, name, value, 1)
  const checkpoints = await CheckpointFolder.open(
    join(folder, 'checkpoints'),
    await claimFolder(WHERE, folder, settings),
    keep,
  )
  await checkResume(checkpoints, folder, resume)
  for (const problem of await checkpoints.resume(WHERE, trainer)) onWarning?.(problem)

  const log = await MetricsLog.open(join(folder, 'metrics.jsonl'), trainer.step)
  const board = await TensorBoardWriter.open(join(folder, 'tensorboard'), { step: trainer.step + 1 })
  const stop = stopOn(options.stopSignals ?? ['SIGINT', 'SIGTERM'], options.signal)
  let sinceLog = new Interval(BINS)
  let sinceSave = new Interval(BINS)
  let saved = trainer.step
  const save = async (score?: number) => {
    saved = trainer.step
    await checkpoints.save(trainer, score)
    sinceSave = new Interval(BINS)
  }
  const isSeen = (step: number) =>
    step % saveEvery === 0 || (preview && step % previewEvery === 0) || step === steps
  try {
    let asked = trainer.step
    const ask = () => {
      asked++
      const step = trainer.advance()
      step.catch(() => undefined) // it is awaited in its turn
      return step
    }
    let next: Promise<TrainerStep> | undefined
    while (next || (asked < steps && !stop.asked)) {
      const present = next ?? ask()
      // A GPU computes the next step while this one's report is read, unless something must see the state in between.
      next = stop.asked || isSeen(asked) ? undefined : ask()
      const done = await present.catch(async error => {
        await save()
        throw error
      })
      const { step, learningRate } = done
      sinceLog.add(done)
      sinceSave.add(done)
      onStep?.(done)
      const last = step === steps
      if (step % logEvery === 0 || last) {
        const { steps: spanned, lossByTime, ...means } = sinceLog.summary()
        await log.add({ kind: 'train', step, steps: spanned, ...means, learningRate, lossByTime })
        await board.scalars(step, boardScalars({ ...means, learningRate }, lossByTime))
        sinceLog = new Interval(BINS)
      }
      const shown = preview && (step % previewEvery === 0 || last) ? await preview(trainer) : undefined
      if (shown) await keepPreview(shown, step)
      const score = preview ? shown?.score : sinceSave.meanLoss
      if (step % saveEvery === 0 || last || shown?.score !== undefined) await save(score)
      await turn() // without this, signals never arrive on a synchronous backend
    }
    if (saved !== trainer.step) await save()
  } finally {
    stop.release()
    await board.close()
  }
  const { best } = checkpoints
  return {
    step: trainer.step,
    finished: trainer.step >= steps,
    ...(best && { best: { ...best, path: checkpoints.bestPath } }),
    last: checkpoints.path(trainer.step),
  }

  async function keepPreview({ images = {}, scalars = {}, score }: Preview, step: number): Promise<void> {
    await mkdir(join(folder, 'previews'), { recursive: true })
    const files: Record<string, string> = {}
    for (const [name, png] of Object.entries(images)) {
      files[name] = `previews/${name.replace(/[^\w.-]+/g, '-')}-${String(step).padStart(9, '0')}.png`
      await writeFileWhole(join(folder, files[name]), png)
    }
    const numbers = { ...scalars, ...(score !== undefined && { score }) }
    await log.add({ kind: 'preview', step, scalars: numbers, images: files })
    await board.scalars(step, prefixed('preview', numbers))
    await board.images(step, prefixed('preview', images))
  }
}

async function checkResume(
  checkpoints: CheckpointFolder,
  folder: string,
  resume: 'auto' | 'must' | 'never',
): Promise<void> {
  const there = (await checkpoints.steps()).length > 0
  if ((resume === 'must' && !there) || (resume === 'never' && there))
    throw new RangeError(
      `${WHERE}: folder must hold ${there ? 'no run' : 'a run'} with resume '${resume}', got ${there ? 'one' : 'none'} in '${folder}'.`,
    )
}

const prefixed = <T>(prefix: string, values: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}/${name}`, value]))

/** One chart for each number, and one section for the losses by time. */
function boardScalars(means: Record<string, number>, lossByTime: number[]): Record<string, number> {
  const bins = lossByTime.flatMap((mean, i) =>
    Number.isFinite(mean) ? [[`t ${i / BINS} to ${(i + 1) / BINS}`, mean] as const] : [],
  )
  return { ...prefixed('train', means), ...prefixed('loss by time', Object.fromEntries(bins)) }
}
