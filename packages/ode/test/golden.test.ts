import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Field } from '@rectified-flow/core'
import { rk4, solve } from '@rectified-flow/ode'
import { expectClose, sum } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'

interface Golden {
  linear_A: number[][]
  cases: { problem: string; method: string; y_end: number[]; span: [number, number]; y0: number[] }[]
}

const folder = process.env.GOLDEN_DIR ?? fileURLToPath(new URL('../../../test/golden', import.meta.url))
const golden = JSON.parse(readFileSync(`${folder}/ode-scipy.json`, 'utf8')) as Golden

const columns = (x: tf.Tensor) => tf.split(x, 2, 1) as [tf.Tensor, tf.Tensor]

const fields: Record<string, Field> = {
  'lotka-volterra': x => {
    const [a, b] = columns(x)
    const ab = tf.mul(a, b)
    return tf.concat([tf.sub(tf.mul(a, 1.5), ab), tf.sub(ab, tf.mul(b, 3))], 1)
  },
  'van-der-pol': x => {
    const [a, b] = columns(x)
    return tf.concat([b, tf.sub(tf.mul(tf.mul(tf.sub(1, tf.square(a)), b), 2), a)], 1)
  },
  'linear-forced': (x, t) =>
    tf.add(
      tf.matMul(x as tf.Tensor2D, tf.tensor2d(golden.linear_A), false, true),
      tf.reshape(tf.sin(tf.mul(t, 3)), [-1, 1]),
    ),
}

it.each(golden.cases.filter(({ method }) => method === 'reference'))(
  'ends where SciPy ends: $problem',
  ({ problem, y_end, span, y0 }) => {
    const field = fields[problem] as Field
    const { x, nfe } = solve(field, tf.tensor2d([y0]), { method: rk4, steps: 400, span })
    expectClose(x, tf.tensor2d([y_end]), sum)
    expect(nfe).toBe(1600)
  },
)
