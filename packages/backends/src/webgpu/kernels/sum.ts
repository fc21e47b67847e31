import * as tf from '@tensorflow/tfjs-core'
import type { WebgpuReplacement } from '../backend.js'
import { MOST_OUTER, sumOver } from '../sum-over.js'

/** Sums over neighbouring axes, as of a bias's gradient, which the stock kernel transposes for unless they are the last. */
export const sum: WebgpuReplacement<'Sum'> = stock => args => {
  const { x } = args.inputs
  const { axis, keepDims } = args.attrs
  const axes = tf.util.parseAxisParam(axis, x.shape)
  const [first, last] = [Math.min(...axes), Math.max(...axes)]
  const neighbours = new Set(axes).size === last - first + 1
  if (x.dtype !== 'float32' || !neighbours || last === x.shape.length - 1) return stock(args)
  const size = tf.util.sizeFromShape
  const outer = size(x.shape.slice(0, first))
  if (outer > MOST_OUTER) return stock(args)
  const inner = size(x.shape.slice(last + 1))
  const kept = x.shape.map((side, i) => (i < first || i > last ? side : 1))
  const shape = keepDims ? kept : x.shape.filter((_, i) => i < first || i > last)
  return sumOver(args.backend, x, { outer, count: size(x.shape.slice(first, last + 1)), inner, shape })
}
