import { createRng } from '@rectified-flow/core'
import { squaredL2 } from '@rectified-flow/losses-lpips-huber'
import { linearDecay, sample, storedCoupling, Trainer, warmUp } from '@rectified-flow/reflow'
import { uShaped } from '@rectified-flow/timestep-dists'
import { edmVelocity, loadUNet, saveUNet } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import { read } from '../read.js'
import type { ReflowPlan, ReflowReport } from './messages.js'

const PAIRS_AT_ONCE = 32
const WARM_UP = 10
const EMA_DECAY = 0.98
const REPORT_MS = 1000

/**
 * One round of Reflow with the paper's U-shaped times and squared L2 (row C of docs/reproduction.md). A network of its own learns;
 * its first weights are the teacher's.
 *
 * @param teacher  file of a network without classes
 * @param fixed    noises [N,side,side,channels] that the reports show in one call
 * @returns        the student's file, in half precision
 */
export async function straighten(
  teacher: ArrayBuffer,
  { pairs, pairSteps, steps, batch, learningRate, seed }: ReflowPlan,
  { fixed, tell }: { fixed: Float32Array; tell: (report: ReflowReport) => void },
): Promise<Uint8Array> {
  const [net, rng] = [loadUNet(teacher), createRng(seed)]
  const { imgResolution: side, outChannels: channels } = net.config
  const shape = [side, side, channels] as const
  const owned: tf.Tensor[] = []
  let trainer: Trainer<tf.Tensor4D> | undefined
  try {
    const z = rng.fork('noise').normal([pairs, ...shape]) as tf.Tensor4D
    owned.push(z)
    const parts: tf.Tensor4D[] = []
    const field = edmVelocity(net)
    for (let done = 0; done < pairs; done += PAIRS_AT_ONCE) {
      const count = Math.min(PAIRS_AT_ONCE, pairs - done)
      parts.push(tf.tidy(() => sample(field, tf.slice(z, done, count), { steps: pairSteps }).x))
      owned.push(parts.at(-1)!)
      tell({ phase: 'pairs', done: done + count, total: pairs })
    }
    const x = tf.concat(parts)
    owned.push(x)

    trainer = new Trainer({
      velocity: () => edmVelocity(net),
      weights: net.weights,
      coupling: storedCoupling({ x, z }, { rng: rng.fork('pairs') }),
      timesteps: uShaped(),
      premetric: squaredL2,
      batch,
      learningRate: warmUp(linearDecay(learningRate, { to: steps, floor: 0.02 }), { steps: WARM_UP }),
      emaDecay: EMA_DECAY,
      rng: rng.fork('training'),
    })
    const student = edmVelocity(net.withWeights(trainer.ema))
    const show = () =>
      read(
        tf.tidy(
          () => sample(student, tf.tensor4d(fixed, [fixed.length / (side * side * channels), ...shape])).x,
        ),
      )
    let [shownAt, sum, count] = [performance.now(), 0, 0]
    tell({ phase: 'training', done: 0, total: steps, images: await show() })
    for (let step = 1; step <= steps; step++) {
      sum += (await trainer.advance()).loss
      count++
      if (performance.now() - shownAt > REPORT_MS || step === steps) {
        tell({ phase: 'training', done: step, total: steps, loss: sum / count, images: await show() })
        ;[shownAt, sum, count] = [performance.now(), 0, 0]
      }
    }
    return await saveUNet(net, { weights: trainer.ema, dtype: 'F16' })
  } finally {
    trainer?.dispose()
    net.dispose()
    tf.dispose(owned)
  }
}
