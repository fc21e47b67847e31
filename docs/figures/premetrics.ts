import * as Plot from '@observablehq/plot'
import type { Premetric } from '@rectified-flow/core'
import { l2, pseudoHuber, squaredL2 } from '@rectified-flow/losses-lpips-huber'
import * as tf from '@tensorflow/tfjs-core'
import { BLUE, type Curve, curves, GREY, RED, svg } from './svg.js'

/** Each loss over the size of an error that all numbers of a 32 x 32 x 3 image share, in units of its value at 0.1. */
export function premetrics(): string {
  const sizes = Array.from({ length: 61 }, (_, i) => (i - 30) / 300)
  const losses = (premetric: Premetric): Curve['points'] => {
    const target = tf.zeros([sizes.length, 32, 32, 3])
    const wrong = tf.add(target, tf.tensor4d(sizes, [sizes.length, 1, 1, 1]))
    const values = premetric(wrong, target, { t: tf.ones([sizes.length]), xt: target, x: target }).dataSync()
    return sizes.map((x, i) => ({ x, y: values[i]! / values[sizes.length - 1]! }))
  }
  return svg({
    marginRight: 110,
    x: { label: 'error of every number of the velocity' },
    y: { label: 'loss, as a share of the loss at 0.1', grid: true },
    marks: curves([
      { name: 'squared L2', colour: GREY, points: losses(squaredL2), dy: 14 },
      { name: 'L2', colour: BLUE, points: losses(l2), dy: -14 },
      { name: 'pseudo-Huber', colour: RED, points: losses(pseudoHuber()) },
    ]).concat(Plot.ruleY([0])),
  })
}
