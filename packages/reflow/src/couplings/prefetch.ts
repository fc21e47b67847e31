import { type Coupling, checkKind, type Pairs } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'

/** A coupling that reads ahead. Dispose of it to free the pairs that were not drawn. */
export interface PrefetchedCoupling<X extends tf.Tensor = tf.Tensor> extends Coupling<X> {
  dispose(): Promise<void>
}

/**
 * Start to make the pairs of step k + 1 when those of step k are drawn, so that the host reads files and makes noise while
 * the device trains. The pairs stay the same, because the pairs of a step depend on the step alone. This helps couplings
 * that read files or wait. A coupling that computes on the device gains nothing.
 */
export function prefetch<X extends tf.Tensor>(coupling: Coupling<X>): PrefetchedCoupling<X> {
  checkKind(
    'reflow.prefetch',
    'coupling',
    coupling,
    'a coupling such as independentCoupling(data, { rng })',
    ['draw'],
  )
  let ahead: { step: number; batch: number; pairs: Promise<Pairs<X>> } | undefined
  const begin = async (step: number, batch: number) => coupling.draw(step, batch)

  const drop = async () => {
    const dropped = ahead
    ahead = undefined
    const pairs = await dropped?.pairs.catch(() => undefined)
    if (pairs) tf.dispose(pairs)
  }
  return {
    async draw(step, batch) {
      const known = ahead?.step === step && ahead.batch === batch ? ahead.pairs : undefined
      if (known) ahead = undefined
      else await drop()
      const pairs = await (known ?? begin(step, batch))
      const next = begin(step + 1, batch)
      next.catch(() => {}) // the error is thrown when this step is drawn
      ahead = { step: step + 1, batch, pairs: next }
      return pairs
    },
    dispose: drop,
  }
}
