import {
  type BatchOf,
  type Coupling,
  checkFunction,
  checkInt,
  checkOptions,
  checkRng,
  checkShape,
  indexedNormal,
  type OptionNames,
  type Pairs,
  type Rng,
} from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import type { Teacher } from '../generate-pairs.js'

export interface OnlineOptions<Shape extends readonly number[]> {
  /** Shape of one sample, such as [H,W,C]. */
  shape: Shape
  /** Pair i of the run uses rng.fork(i). */
  rng: Rng
  /** Labels [n,L] of pairs `first` to `first + n - 1`, if the teacher takes labels. */
  labels?: (first: number, n: number) => tf.Tensor2D
}

const onlineNames: OptionNames<OnlineOptions<readonly number[]>> = {
  shape: 'required',
  rng: 'required',
  labels: 'optional',
}

/**
 * Pairs that a teacher makes when they are needed, each used once. Nothing is stored, and every step runs the teacher.
 *
 *     onlineCoupling(z => sampleEdm(denoiser, z).x, { shape: [32, 32, 3], rng })
 */
export function onlineCoupling<const Shape extends readonly number[]>(
  teacher: Teacher<BatchOf<Shape>>,
  options: OnlineOptions<Shape>,
): Coupling<BatchOf<Shape>> {
  const where = 'reflow.onlineCoupling'
  checkOptions(where, options, onlineNames)
  const { shape, rng, labels } = options
  checkFunction(where, 'teacher', teacher)
  checkRng(where, rng)
  checkShape(where, 'shape', shape)
  for (const [axis, size] of shape.entries()) checkInt(where, `shape[${axis}]`, size, 1)
  return {
    draw(step, batch, rows = { first: 0, count: batch }) {
      const first = step * batch + rows.first
      const indices = Array.from({ length: rows.count }, (_, i) => first + i)
      return tf.tidy(() => {
        const z = indexedNormal(rng, indices, shape)
        const given = labels?.(first, rows.count)
        return { x: teacher(z, given), z, ...(given && { labels: given }) } as Pairs<BatchOf<Shape>>
      })
    },
  }
}
