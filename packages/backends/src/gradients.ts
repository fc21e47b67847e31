import { checkOptions } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { registerKernelGradients } from './kernels/gradients.js'
import { checkVersion } from './kernels/version-mark.js'

let registered: Promise<void> | undefined

/**
 * Register the gradients of tfjs's operations (tfjs-core alone registers none) and of this package's kernels.
 * `useBackend` calls this function. If you start a backend with tfjs's own functions, call it before `tf.grad`. The
 * registry is global, so one call is enough for every copy of tfjs-core.
 *
 * @param options.again  register again: tfjs-node replaces some gradients when it is loaded
 * @throws Error if another version of this package has registered its own gradients
 */
export async function registerGradients(options: { again?: boolean } = {}): Promise<void> {
  checkOptions<{ again?: boolean }>('backends.registerGradients', options, { again: 'optional' })
  const { again = false } = options
  checkVersion('backends.registerGradients')
  if (!registered || again)
    registered = import('./all-gradients.js').then(() => {
      registerKernelGradients()
      registerSplitGradient()
    })
  return registered
}

/** Replaces tfjs's gradient, which fails for a split into one piece: it gets a tensor and expects a list. */
function registerSplitGradient(): void {
  tf.registerGradient({
    kernelName: 'SplitV',
    gradFunc: (dy, _, attrs) => ({ x: () => tf.concat([dy].flat(), attrs.axis as number) }),
  })
}
