import { tuneConvolutions } from '@rectified-flow/backends'
import * as tf from '@tensorflow/tfjs-core'
import { PASSES } from '../convolution-check.js'
import { convolutionNumbers, convolutionTensors, runPass } from '../convolution-passes.js'
import { convolutionShapes } from '../convolution-shapes.js'
import type { Job } from '../job.js'
import { openDevice } from '../open-device.js'
import { batchOf, networkConfig } from '../sizes.js'

/** How many variants are timed for each convolution; in a dry run two, of few shapes, because each compiles for seconds. */
const VARIANTS = { full: 6, dry: 2 }
const DRY_SHAPES = 2
/** The later jobs need the time that is left over. */
const SECONDS = 25

/** Time the likeliest variants of the CIFAR-10 network's convolutions at batch 128, and record the winners. Most work first. */
export const sweep =
  (precision: 'float32' | 'mixed'): Job =>
  async run => {
    await openDevice(run, { precision })
    const batch = batchOf(128, run.software)
    const until = run.left() - Math.min(run.left(), SECONDS)
    const shapes = convolutionShapes(networkConfig('cifar10', run.software))
    let known: Readonly<Record<string, string>> = run.tuning?.variants ?? {}
    for (const shape of run.software ? shapes.slice(0, DRY_SHAPES) : shapes) {
      if (run.left() <= until) return run.record({ what: 'no time left', before: shape })
      const tensors = convolutionTensors(shape, batch, convolutionNumbers(shape, batch))
      for (const pass of PASSES) runPass[pass](tensors).dispose()
      tf.dispose(tensors)
      const most = run.software ? VARIANTS.dry : VARIANTS.full
      const { device, variants } = await tuneConvolutions({ most })
      const found = Object.entries(variants).filter(([name]) => !(name in known))
      known = variants
      run.record({ what: 'tuning', precision, tuning: { device, variants: Object.fromEntries(found) } })
    }
  }
