import { createRng } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { settle } from '../../backends.js'
import { convolutionError, PASSES } from '../convolution-check.js'
import { convolutionNumbers, convolutionTensors, runPass } from '../convolution-passes.js'
import { convolutionShapes, worth } from '../convolution-shapes.js'
import type { Job } from '../job.js'
import { openDevice } from '../open-device.js'
import { batchOf, networkConfig } from '../sizes.js'
import { digits, timed } from '../timed.js'

/** The convolutions of the CIFAR-10 network with their gradients: errors against float64, and TFLOP/s. Most work first. */
export const convolutions =
  (precision: 'float32' | 'mixed'): Job =>
  async run => {
    await openDevice(run, { precision })
    const batch = batchOf(128, run.software)
    for (const shape of convolutionShapes(networkConfig('cifar10', run.software))) {
      const numbers = convolutionNumbers(shape, batch)
      const tensors = convolutionTensors(shape, batch, numbers)
      for (const pass of PASSES) {
        if (run.left() < 1) return run.record({ what: 'no time left', before: { pass, ...shape } })
        const actual = tf.tidy(() => runPass[pass](tensors))
        const error = convolutionError(
          pass,
          { ...shape, batch },
          numbers,
          (await actual.data()) as Float32Array,
          {
            rng: createRng(0),
            samples: pass === 'filter gradient' ? 60 : 1000,
          },
        )
        actual.dispose()
        let last: tf.Tensor | undefined
        const timing = await timed({
          run() {
            last?.dispose()
            last = tf.tidy(() => runPass[pass](tensors))
          },
          settle: () => settle('webgpu', [last!]),
          seconds: run.software ? 0 : 0.3,
        })
        last?.dispose()
        const TFLOPs = digits((2 * batch * worth(shape)) / timing.ms / 1e9)
        run.record({ precision, pass, batch, ...shape, error, TFLOPs, ...timing })
      }
      tf.dispose(tensors)
    }
  }
