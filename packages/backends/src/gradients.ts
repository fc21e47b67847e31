import * as tf from '@tensorflow/tfjs-core'
import { registerKernelGradients } from './kernels/gradients.js'
import { checkVersion } from './kernels/version-mark.js'

let registered: Promise<void> | undefined

/**
 * Register the gradients of tfjs's operations, of which tfjs-core alone has none, and of this package's kernels.
 * `useBackend` does it; who starts a backend with tfjs's own functions calls this before `tf.grad`. The registry is
 * global, so once is enough for every copy of tfjs-core.
 *
 * @param options.again  do it once more: for after tfjs-node, which replaces some of them when it is loaded
 * @throws Error where another version of this package has registered its own
 */
export async function registerGradients({ again = false }: { again?: boolean } = {}): Promise<void> {
  checkVersion('backends.registerGradients')
  if (!registered || again)
    registered = import('./all-gradients.js').then(() => {
      registerKernelGradients()
      registerSplitGradient()
    })
  return registered
}

/** In the place of tfjs's, which fails for a split into one piece: it gets a tensor where it expects a list. */
function registerSplitGradient(): void {
  tf.registerGradient({
    kernelName: 'SplitV',
    gradFunc: (dy, _, attrs) => ({ x: () => tf.concat([dy].flat(), attrs.axis as number) }),
  })
}
