import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { type FolderLock, lockFolder, writeFileWhole } from '@rectified-flow/checkpoints/node'
import { checkInt, checkOptions } from '@rectified-flow/core'
import type { Trainer, TrainerStep } from '../trainer.js'
import { CheckpointFolder } from './internal/checkpoint-folder.js'
import { Interval } from './internal/interval.js'
import { MetricsLog } from './internal/metrics-log.js'
import { claimFolder } from './internal/run-settings.js'
import { stopOn } from './internal/stop-on.js'
import { TensorBoardWriter } from './tensorboard.js'
import { type Preview, type TrainOptions, type TrainResult, trainNames } from './train-options.js'

const WHERE = 'reflow.train'
const BINS = 10

/**
 * Train up to a number of steps, in a folder that holds everything: `settings.json`, `checkpoints/` (the newest and the
 * best), `metrics.jsonl`, `previews/` and `tensorboard/`. If the process is killed, call this again with a new trainer. It
 * continues from the newest readable checkpoint, and ends with the same bits as an undisturbed run on the same backend.
 * Newer checkpoints that are damaged are set aside, under the name `damaged-...`, with a warning.
 *
 * One process at a time may train in a folder (see `lockFolder` of `@rectified-flow/checkpoints/node`, also for disks that
 * machines share). A killed process's lock is taken over.
 *
 * Load initial weights before you make the trainer, so that a resumed checkpoint replaces them and they never replace it.
 *
 * @throws NumericError if the trainer throws one, after writing a checkpoint with the last good weights
 * @throws RangeError if another process trains in the folder
 */
export async function train(trainer: Trainer, options: TrainOptions): Promise<TrainResult> {
  checkOptions('reflow.train', options, trainNames)
  const { folder, steps, saveEvery = 1000, keep = 2, logEvery = 100, previewEvery = saveEvery } = options
  const every = { saveEvery, keep, logEvery, previewEvery }
  for (const [name, value] of Object.entries({ steps, ...every })) checkInt(WHERE, name, value, 1)
  const lock = await lockFolder(WHERE, folder, { onWait: message => options.onWarning?.(message) })
  try {
    return await runSteps(trainer, { ...options, ...every }, lock)
  } finally {
    await lock.release()
  }
}

async function runSteps(
  trainer: Trainer,
  options: TrainOptions & Required<Pick<TrainOptions, 'saveEvery' | 'keep' | 'logEvery' | 'previewEvery'>>,
  lock: FolderLock,
): Promise<TrainResult> {
  const { folder, steps, settings, resume = 'auto', saveEvery, keep, logEvery, previewEvery } = options
  const { preview, onResume, onStep, onWarning } = options
  const checkpoints = await CheckpointFolder.open(
    join(folder, 'checkpoints'),
    await claimFolder(WHERE, folder, settings),
    keep,
  )
  await checkResume(checkpoints, folder, resume)
  for (const problem of await checkpoints.resume(WHERE, trainer)) onWarning?.(problem)
  if (trainer.step > 0) onResume?.({ step: trainer.step, path: checkpoints.path(trainer.step) })

  const log = await MetricsLog.open(join(folder, 'metrics.jsonl'), trainer.step)
  const board = await TensorBoardWriter.open(join(folder, 'tensorboard'), { step: trainer.step + 1 })
  const stop = stopOn(options.stopSignals ?? ['SIGINT', 'SIGTERM'], options.signal)
  let sinceLog = new Interval(BINS)
  let sinceSave = new Interval(BINS)
  let saved = trainer.step
  const save = async (score?: number) => {
    await lock.check()
    saved = await checkpoints.save(trainer, score)
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
        await save().catch((problem: Error) =>
          onWarning?.(`no checkpoint after an error: ${problem.message}`),
        )
        throw error
      })
      const { step, learningRate } = done
      sinceLog.add(done)
      sinceSave.add(done)
      onStep?.(done)
      const last = step === steps
      if (step % logEvery === 0 || last) {
        const { steps: spanned, lossByTime, ...means } = sinceLog.summary()
        await lock.check()
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
    last: checkpoints.path(saved),
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
