import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { NumericError } from '@rectified-flow/core'
import type { Communicator } from '../../communicator.js'
import type { Trainer } from '../../trainer.js'
import type { TrainOptions, TrainResult } from '../train-options.js'
import { stepName } from './checkpoint-folder.js'
import { stopOn } from './stop-on.js'

/** Whether the run ends, because a signal stopped one of the ranks or rank 0 has enough. All ranks ask before each step. */
export async function agreed(
  communicator: Communicator,
  { stopped, enough }: { stopped: boolean; enough: boolean },
): Promise<{ end: boolean; enough: boolean }> {
  if (communicator.size === 1) return { end: stopped || enough, enough }
  const votes = Float32Array.of(Number(stopped), Number(enough))
  await communicator.allReduceSum(votes)
  return { end: votes.some(count => count > 0), enough: votes[1]! > 0 }
}

/** Whether the ranks compare their weights after this step. */
export const isCompared = (step: number, { steps, saveEvery }: { steps: number; saveEvery: number }) =>
  step % saveEvery === 0 || step === steps

/** Whether every rank throws this error, because it depends only on numbers that all ranks have. */
export const isOfAll = (error: unknown) => error instanceof NumericError && error.code === 'non-finite'

/** The steps of a rank that is not the first: it computes its share, and leaves the folder and the callbacks to rank 0. */
export async function followSteps(
  trainer: Trainer,
  options: TrainOptions & { saveEvery: number },
): Promise<TrainResult> {
  const { folder, steps } = options
  const { communicator } = trainer
  await trainer.broadcast()
  const stop = stopOn(options.stopSignals ?? ['SIGINT', 'SIGTERM'], options.signal)
  let isEnough = false
  try {
    while (trainer.step < steps) {
      const { end, enough } = await agreed(communicator, { stopped: stop.asked, enough: false })
      isEnough = enough
      if (end) break
      const { step } = await trainer.advance().catch(async error => {
        if (isOfAll(error)) await communicator.barrier() // rank 0 saves; the end of this process would end it too
        throw error
      })
      if (isCompared(step, options)) await trainer.checkRanks()
      await turn() // without this, signals never arrive
    }
    await communicator.barrier()
  } finally {
    stop.release()
  }
  return {
    step: trainer.step,
    finished: trainer.step >= steps || isEnough,
    last: join(folder, 'checkpoints', stepName(trainer.step)),
  }
}
