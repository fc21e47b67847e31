import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { type FolderLock, lockFolder } from '@rectified-flow/checkpoints/node'
import { checkInt, checkKind, checkOptions, checkText } from '@rectified-flow/core'
import type { Trainer } from '../trainer.js'
import type { TrainerStep } from '../trainer-step.js'
import { CheckpointFolder } from './internal/checkpoint-folder.js'
import { agreed, followSteps, isCompared, isOfAll } from './internal/follow-steps.js'
import { Interval } from './internal/interval.js'
import { RunLog } from './internal/run-log.js'
import { claimFolder } from './internal/run-settings.js'
import { stopOn } from './internal/stop-on.js'
import { type TrainOptions, type TrainResult, trainNames } from './train-options.js'

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
 * On several ranks (the trainer's `communicator`) all call this. Only rank 0 reads and writes the folder and calls back. A signal to
 * any rank stops all after the same step, and before each checkpoint the ranks compare their weights. A run may go on with another
 * number of ranks.
 *
 * @throws NumericError if the trainer throws one, after writing a checkpoint with the last good weights
 * @throws RangeError if another process trains in the folder
 */
export async function train(trainer: Trainer, options: TrainOptions): Promise<TrainResult> {
  checkOptions(WHERE, options, trainNames)
  const { folder, steps, saveEvery = 1000, keep = 2, logEvery = 100 } = options
  const { previewEvery = saveEvery, validateEvery = saveEvery } = options
  checkKind(WHERE, 'trainer', trainer, 'a Trainer', ['advance', 'state'])
  checkText(WHERE, 'folder', folder)
  const every = { saveEvery, keep, logEvery, previewEvery, validateEvery }
  for (const [name, value] of Object.entries({ steps, ...every })) checkInt(WHERE, name, value, 1)
  if (options.stopWhen && !options.validate)
    throw new TypeError(`${WHERE}: validate must be given with stopWhen, got undefined.`)
  if (trainer.communicator.rank > 0) return followSteps(trainer, { ...options, saveEvery })
  const lock = await lockFolder(WHERE, folder, { onWait: message => options.onWarning?.(message) })
  try {
    return await runSteps(trainer, { ...options, ...every }, lock)
  } finally {
    await lock.release()
  }
}

type Every = 'saveEvery' | 'keep' | 'logEvery' | 'previewEvery' | 'validateEvery'

async function runSteps(
  trainer: Trainer,
  options: TrainOptions & Required<Pick<TrainOptions, Every>>,
  lock: FolderLock,
): Promise<TrainResult> {
  const { folder, steps, settings, resume = 'auto', saveEvery, keep, logEvery, previewEvery } = options
  const { preview, validate, validateEvery, stopWhen, onResume, onStep, onWarning } = options
  const checkpoints = await CheckpointFolder.open(
    join(folder, 'checkpoints'),
    await claimFolder(WHERE, folder, settings),
    keep,
  )
  await checkResume(checkpoints, folder, resume)
  for (const problem of await checkpoints.resume(WHERE, trainer)) onWarning?.(problem)
  if (trainer.step > 0) onResume?.({ step: trainer.step, path: checkpoints.path(trainer.step) })
  const { communicator } = trainer
  const several = communicator.size > 1
  if (several) await trainer.broadcast()

  const log = await RunLog.open(folder, trainer.step)
  const stop = stopOn(options.stopSignals ?? ['SIGINT', 'SIGTERM'], options.signal)
  let sinceLog = new Interval(BINS)
  let sinceSave = new Interval(BINS)
  let saved = trainer.step
  const save = async (score?: number) => {
    await lock.check()
    saved = await checkpoints.save(trainer, score)
    sinceSave = new Interval(BINS)
  }
  const isEnough = () => log.validations.length > 0 && stopWhen?.(log.validations) === true
  let enough = isEnough()
  const isValidated = (step: number) => validate && (step % validateEvery === 0 || step === steps)
  const isSeen = (step: number) =>
    several || // the ranks agree before each step whether it is begun
    step % saveEvery === 0 ||
    (preview && step % previewEvery === 0) ||
    isValidated(step) ||
    step === steps
  try {
    let asked = trainer.step
    const ask = () => {
      asked++
      const step = trainer.advance()
      step.catch(() => undefined) // it is awaited in its turn
      return step
    }
    let next: Promise<TrainerStep> | undefined
    while (next || (asked < steps && !(await agreed(communicator, { stopped: stop.asked, enough })).end)) {
      const present = next ?? ask()
      // A GPU computes the next step while this one's report is read, unless something must see the state in between.
      next = stop.asked || isSeen(asked) ? undefined : ask()
      const done = await present.catch(async error => {
        await save().catch((problem: Error) =>
          onWarning?.(`no checkpoint after an error: ${problem.message}`),
        )
        if (isOfAll(error)) await communicator.barrier()
        throw error
      })
      const { step, learningRate } = done
      sinceLog.add(done)
      sinceSave.add(done)
      await onStep?.(done)
      if (several && isCompared(step, { steps, saveEvery })) await trainer.checkRanks()
      const held = isValidated(step) ? await validate!(trainer) : undefined
      if (held !== undefined) {
        await lock.check()
        await log.validation(step, held)
        enough = isEnough()
      }
      const last = step === steps || enough
      if (step % logEvery === 0 || last) {
        await lock.check()
        await log.training(step, learningRate, sinceLog)
        sinceLog = new Interval(BINS)
      }
      const shown = preview && (step % previewEvery === 0 || last) ? await preview(trainer) : undefined
      if (shown) await log.preview(step, shown)
      // Only scores of one kind can be compared.
      const score = validate ? held : preview ? shown?.score : sinceSave.meanLoss
      if (step % saveEvery === 0 || last || (score !== undefined && (validate || preview))) await save(score)
      await turn() // without this, signals never arrive on a synchronous backend
    }
    if (saved !== trainer.step) await save()
    await communicator.barrier()
  } finally {
    stop.release()
    await log.close()
  }
  const { best } = checkpoints
  return {
    step: trainer.step,
    finished: trainer.step >= steps || enough,
    ...(best && { best: { ...best, path: checkpoints.bestPath } }),
    last: checkpoints.path(saved),
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
