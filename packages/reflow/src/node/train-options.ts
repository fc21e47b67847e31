import type { OptionNames } from '@rectified-flow/core'
import type { Trainer } from '../trainer.js'
import type { TrainerStep } from '../trainer-step.js'
import type { Scored } from './internal/checkpoint-folder.js'
import type { RunSettings } from './internal/run-settings.js'
import type { StopSignals } from './internal/stop-on.js'

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
  /** Shows the model. Its score decides which checkpoint is the best. */
  preview?: (trainer: Trainer) => Preview | Promise<Preview>
  validateEvery?: number
  /**
   * The loss on pairs that were held out, `trainer => trainer.validate(heldOut)`; lower is better. It decides which checkpoint is
   * the best, whatever the previews' scores are. Without `validate` and `preview`, the mean loss since the checkpoint before does.
   */
  validate?: (trainer: Trainer) => number | Promise<number>
  /**
   * Called after each validation with the losses of all validations so far, also of those before the run was resumed. The run
   * ends when it is true. See `earlyStopping`.
   */
  stopWhen?: (losses: readonly number[]) => boolean
  /** Called before the first step of a run that continues, with the step that it continues from and the checkpoint. */
  onResume?: (from: { step: number; path: string }) => void
  /**
   * Called after each step, in order; the run waits for its promise. Meanwhile a GPU computes the next step, so it never waits
   * for a callback that is faster than a step. To stop the run, abort `signal`: the step under way is the last.
   */
  onStep?: (step: TrainerStep) => unknown
  /** Called for problems that don't stop the run, such as a checkpoint that can't be read. */
  onWarning?: (message: string) => void
  /** Stops the run as SIGINT does. */
  signal?: AbortSignal
  /** Signals that stop the run after the steps under way; it saves. A second signal kills the process. */
  stopSignals?: StopSignals
}

export const trainNames: OptionNames<TrainOptions> = {
  folder: 'required',
  steps: 'required',
  settings: 'required',
  resume: 'optional',
  saveEvery: 'optional',
  keep: 'optional',
  logEvery: 'optional',
  previewEvery: 'optional',
  preview: 'optional',
  validateEvery: 'optional',
  validate: 'optional',
  stopWhen: 'optional',
  onResume: 'optional',
  onStep: 'optional',
  onWarning: 'optional',
  signal: 'optional',
  stopSignals: 'optional',
}

export interface TrainResult {
  step: number
  /** True if all steps are done or `stopWhen` ended the run, false if a signal stopped it. */
  finished: boolean
  /** The best checkpoint's path, step and score. */
  best?: Scored & { path: string }
  /** The newest checkpoint's path. */
  last: string
}
