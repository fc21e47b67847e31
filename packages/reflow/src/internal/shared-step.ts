import { type AdamSlot, compile } from '@rectified-flow/backends'
import * as tf from '@tensorflow/tfjs-core'
import type { Slots } from '../trainer-state.js'
import { fromBuckets, toBuckets } from './buckets.js'
import type { Share } from './share.js'
import {
  applied,
  type StepInputs,
  type StepOptions,
  type StepResult,
  stepGradients,
  type TrainingStep,
} from './training-step.js'

/** What the second half of a step takes. */
type UpdateInputs = Pick<StepInputs, 'times' | 'schedule' | 'skipped'> & { sums: tf.Tensor1D[] }

/**
 * A step that ranks do together, in two compiled pieces: the gradients of this rank's rows, and the update by the sums of all
 * ranks. Losses travel with the gradients, each rank's between zeros. So all ranks decide on the same numbers whether the
 * step is skipped and how much it is clipped.
 */
export function sharedStep(options: StepOptions, slots: Slots, share: Share): TrainingStep {
  const { communicator, batch } = options
  const { first, count } = share.rows
  const gradientsOf = stepGradients(options, slots)
  let used: AdamSlot[] = [] // the same in every run

  const compute = ({ times, ...inputs }: StepInputs): tf.Tensor1D[] => {
    const own = { ...inputs, times: tf.slice(times, first, count) }
    const found = gradientsOf(own, { rngOf: m => share.rngOf(inputs.rng, m), microBatches: share.parts })
    used = found.used
    const losses = tf.pad(found.losses, [[first, batch - first - count]])
    return toBuckets([losses, ...found.gradients])
  }
  const update = ({ sums, ...inputs }: UpdateInputs): StepResult => {
    const [losses, ...gradients] = fromBuckets(sums, [[batch], ...used.map(({ weight }) => weight.shape)])
    return applied({ ...inputs, losses: losses as tf.Tensor1D, gradients, used }, options)
  }
  const pieces = options.compile ? { compute: compile(compute), update: compile(update) } : undefined
  const tidied = {
    compute: (inputs: StepInputs) => tf.tidy(() => compute(inputs)),
    update: (inputs: UpdateInputs) => tf.tidy(() => update(inputs)),
  }
  const run = pieces ?? tidied

  return {
    async run({ times, schedule, skipped, ...inputs }) {
      const found = run.compute({ times, schedule, skipped, ...inputs })
      const sums: tf.Tensor1D[] = []
      try {
        // All reads are asked for at once: a bucket is summed while the next ones are on their way from the device.
        const reads = found.map(bucket => bucket.data<'float32'>())
        for (const read of reads) read.catch(() => undefined) // the first that fails is awaited, and throws
        for (const read of reads) {
          const values = await read
          await communicator.allReduceSum(values)
          sums.push(tf.tensor1d(values))
        }
        return run.update({ times, schedule, skipped, sums })
      } finally {
        tf.dispose([found, sums])
      }
    },
    get why() {
      return pieces ? (pieces.compute.why ?? pieces.update.why) : 'compile is false'
    },
    dispose() {
      pieces?.compute.dispose()
      pieces?.update.dispose()
    },
  }
}
