import type * as tf from '@tensorflow/tfjs-core'

/**
 * Gradients of which one kernel computes several. The kernel runs if at least one of these is needed. tfjs calls a
 * gradient's function inside of a tidy, which frees everything but the result; so the kernel can't run there. But just
 * before, outside of that tidy, tfjs asks whether the function exists (`name in gradients`). The kernel runs at that
 * question. What nobody takes of its results is freed with the rest of the backward pass.
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
