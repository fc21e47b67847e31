import type * as tf from '@tensorflow/tfjs-core'

/**
 * Gradients of which one kernel computes several, if at least one of these is needed. tfjs calls a gradient's function in a
 * tidy of its own, which frees all but the result. Just before, outside of it, it asks if there is such a function: then the kernel
 * runs, and what nobody takes is freed with the rest of the backward pass.
 */
export function together<Alone extends string, Name extends string>(
  alone: Record<Alone, () => tf.Tensor>,
  names: readonly Name[],
  run: () => Record<Name, tf.Tensor>,
): Record<Alone | Name, () => tf.Tensor> {
  let slopes: Record<Name, tf.Tensor> | undefined
  const shared = Object.fromEntries(names.map(name => [name, () => slopes![name]]))
  return new Proxy({ ...alone, ...shared } as Record<Alone | Name, () => tf.Tensor>, {
    has(gradients, name) {
      if (names.includes(name as Name)) slopes ??= run()
      return name in gradients
    },
  })
}
