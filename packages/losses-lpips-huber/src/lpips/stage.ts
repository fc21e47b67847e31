import { constant } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import type { Layer } from './layers.js'

/**
 * Layers as one differentiable function. For the backward pass it keeps one tensor per layer; with `recompute` only its input
 * and output, and the backward pass computes the others again.
 */
export function stage(
  layers: readonly Layer[],
  { recompute }: { recompute: boolean },
): (x: tf.Tensor4D) => tf.Tensor4D {
  return x =>
    tf.tidy(() => {
      const outputs = constant(() => forward(layers, x))
      const value = outputs.at(-1)!
      const custom = tf.customGrad((...args) => {
        const save = args[1] as unknown as tf.GradSaveFunc
        save(recompute ? [x, value] : [x, ...outputs])
        const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
          const held = saved as tf.Tensor4D[]
          const between = recompute ? forward(layers.slice(0, -1), held[0]!) : []
          const states = recompute ? [held[0]!, ...between, held[1]!] : held
          const dx = backward(layers, dy as tf.Tensor4D, states)
          tf.dispose(between)
          return dx
        }
        return { value: tf.clone(value), gradFunc }
      })
      return custom(x) as tf.Tensor4D
    })
}

/** The output of each layer. */
function forward(layers: readonly Layer[], x: tf.Tensor4D): tf.Tensor4D[] {
  const outputs: tf.Tensor4D[] = []
  for (const layer of layers) outputs.push(layer.forward(outputs.at(-1) ?? x))
  return outputs
}

/** The gradient of states[0], given that of the last state. A layer's gradient is freed as soon as the next one is made. */
function backward(layers: readonly Layer[], dy: tf.Tensor4D, states: readonly tf.Tensor4D[]): tf.Tensor4D {
  let gradient = dy
  for (const [i, layer] of [...layers.entries()].reverse()) {
    const next = layer.backward(gradient, states[i]!, states[i + 1]!)
    if (gradient !== dy) gradient.dispose()
    gradient = next
  }
  return gradient
}
