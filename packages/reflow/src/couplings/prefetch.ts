import { type Coupling, checkKind, type Pairs, type Rows } from '@rectified-flow/core'
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
  let ahead: { key: string; pairs: Promise<Pairs<X>> } | undefined
  const begin = async (step: number, batch: number, rows?: Rows) =>
    rows ? coupling.draw(step, batch, rows) : coupling.draw(step, batch)
  const keyOf = (step: number, batch: number, rows?: Rows) => [step, batch, rows?.first, rows?.count].join()

  const drop = async () => {
    const dropped = ahead
    ahead = undefined
    const pairs = await dropped?.pairs.catch(() => undefined)
    if (pairs) tf.dispose(pairs)
  }
  return {
    async draw(step, batch, rows) {
      const known = ahead?.key === keyOf(step, batch, rows) ? ahead.pairs : undefined
      if (known) ahead = undefined
      else await drop()
      const pairs = await (known ?? begin(step, batch, rows))
      const next = begin(step + 1, batch, rows)
      next.catch(() => {}) // the error is thrown when this step is drawn
      ahead = { key: keyOf(step + 1, batch, rows), pairs: next }
      return pairs
    },
    dispose: drop,
  }
}
