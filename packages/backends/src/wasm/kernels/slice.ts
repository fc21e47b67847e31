import * as tf from '@tensorflow/tfjs-core'
import type { WasmReplacement } from '../backend.js'
import { addressOf, runUnits } from '../simd.js'

/** From so many bytes on, each sample is a unit of work; smaller ones are copied together. */
const LARGE_SAMPLE = 4096

/** A part of one axis, for example some samples of a batch. The stock kernel, which is left all others, copies in JavaScript. */
export const slice: WasmReplacement<'Slice'> = stock => args => {
  const { inputs, attrs, backend } = args
  const { x } = inputs
  const [begin, size] = tf.slice_util.parseSliceParams(x, attrs.begin, attrs.size) as [number[], number[]]
  tf.slice_util.assertParamsValid(x, begin, size)
  const cut = x.shape.flatMap((side, i) => (size[i] === side ? [] : [i]))
  if (x.dtype !== 'float32' || cut.length !== 1 || tf.util.sizeFromShape(size) === 0) return stock(args)
  const axis = cut[0]!
  const out = backend.makeOutput(size, 'float32')
  const outer = tf.util.sizeFromShape(x.shape.slice(0, axis))
  const inner = 4 * tf.util.sizeFromShape(x.shape.slice(axis + 1))
  const apart = outer === 1 && inner >= LARGE_SAMPLE
  const rows = apart ? size[axis]! : outer
  const bytes = apart ? inner : inner * size[axis]!
  const step = apart ? inner : inner * x.shape[axis]!
  const from = addressOf(backend, x) + begin[axis]! * inner
  const work = { units: rows, operations: 2 * rows * bytes }
  runUnits(backend, 'copyRows', work, [from, addressOf(backend, out), bytes, step, bytes])
  return out
}
