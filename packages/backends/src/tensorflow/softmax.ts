import type * as tf from '@tensorflow/tfjs-core'
import type { TensorflowBackend } from './eager.js'
import { replaceKernel } from './kernel.js'
import { hasOneDnn, ONEDNN } from './onednn.js'

/** In a graph a softmax is oneDNN's, which rounds in other places than the eager one: here it is, in both. */
const FUSED = '_MklSoftmax'

/** Softmax over the last axis. */
export function registerSoftmax(backend: TensorflowBackend): void {
  if (!hasOneDnn(backend, (ops, filled) => ops.run(FUSED, [filled([1, 2], 7)], ONEDNN), 0.5)) return
  replaceKernel<{ logits: tf.Tensor }, object>(
    'Softmax',
    (ops, { logits }) => [ops.run(FUSED, [ops.of(logits)], ONEDNN)],
    () => true,
  )
}
