import { constant } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import type { Layer } from './layers.js'

/** Images, and constants that go through the layers with them. */
export type Both = { images: tf.Tensor4D; constants?: tf.Tensor4D | undefined }

/**
 * Layers as one function that is differentiable in the images. For the backward pass it keeps one tensor per layer; with
 * `recompute` only its input and output, and the backward pass computes the others again.
 */
export function stage(layers: readonly Layer[], { recompute }: { recompute: boolean }): (both: Both) => Both {
  return ({ images: x, constants: others }) =>
    tf.tidy(() => {
      const { outputs, constants } = constant(
        (): Forward => (others ? together(layers, x, others) : { outputs: forward(layers, x) }),
      )
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
      return { images: custom(x) as tf.Tensor4D, constants }
    })
}

/** The output of each layer. */
function forward(layers: readonly Layer[], x: tf.Tensor4D): tf.Tensor4D[] {
  const outputs: tf.Tensor4D[] = []
  for (const layer of layers) outputs.push(layer.forward(outputs.at(-1) ?? x))
  return outputs
}

/** What layers make of images, layer by layer, and the last layer of constants. */
type Forward = { outputs: tf.Tensor4D[]; constants?: tf.Tensor4D }

/** Images and constants through the layers at once. What layers before the last make of the constants is not kept. */
function together(layers: readonly Layer[], x: tf.Tensor4D, others: tf.Tensor4D): Forward {
  const count = x.shape[0]
  let both = tf.concat([x, others])
  const outputs = layers.map(layer => {
    const next = layer.forward(both)
    both.dispose()
    both = next
    return tf.slice(both, 0, count)
  })
  return { outputs, constants: tf.slice(both, count) }
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
