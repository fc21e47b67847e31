import * as tf from '@tensorflow/tfjs-core'
import type { WasmReplacement } from '../backend.js'
import { addressOf, makeZeros, runUnits } from '../simd.js'

/** Sums over neighbouring axes, as gradients of biases and broadcasts need them. The stock kernel transposes first. */
export const sum: WasmReplacement<'Sum'> = stock => args => {
  const { x } = args.inputs
  const { axis, keepDims } = args.attrs
  const axes = tf.util.parseAxisParam(axis, x.shape)
  const [first, last] = [Math.min(...axes), Math.max(...axes)]
  const neighbours = new Set(axes).size === last - first + 1
  if (x.dtype !== 'float32' || !neighbours) return stock(args)
  const size = tf.util.sizeFromShape
  const outer = size(x.shape.slice(0, first))
  const inner = size(x.shape.slice(last + 1))
  const kept = x.shape.map((side, i) => (i < first || i > last ? side : 1))
  const shape = keepDims ? kept : x.shape.filter((_, i) => i < first || i > last)
  const out = makeZeros(args.backend, shape)
  if (x.size === 0) return out // the stock kernel writes nothing
  const middle = x.size / (outer * inner)
  const work = { units: outer * Math.ceil(inner / 16), operations: 4 * x.size }
  const addresses = [x, out].map(tensor => addressOf(args.backend, tensor))
  runUnits(args.backend, 'sumMiddle', work, [...addresses, middle, inner])
  return out
}
