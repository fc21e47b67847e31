import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Field } from '@rectified-flow/core'
import { bosh3, dop853, dopri5, rk4, solve, solveAdaptive, solveFloat64 } from '@rectified-flow/ode'
import { expectClose, sum } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'

interface Reference {
  problem: string
  method: 'reference'
  y_end: number[]
  span: [number, number]
  y0: number[]
}

interface Run {
  problem: string
  method: 'RK23' | 'RK45' | 'DOP853'
  rtol: number
  atol: number
  nfev: number
  error: number
}

interface Golden {
  linear_A: number[][]
  cases: (Reference | Run)[]
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

type Float64Field = Parameters<typeof solveFloat64>[0]

/** The same fields in float64, on the host. */
const hostFields: Record<string, Float64Field> = {
  'lotka-volterra': x => {
    const [a, b] = x as unknown as [number, number]
    return [1.5 * a - a * b, a * b - 3 * b]
  },
  'van-der-pol': x => {
    const [a, b] = x as unknown as [number, number]
    return [b, 2 * (1 - a * a) * b - a]
  },
  'linear-forced': (x, t) =>
    golden.linear_A.map(row => row.reduce((sum, value, j) => sum + value * x[j]!, Math.sin(3 * t))),
}

const references = golden.cases.filter(run => run.method === 'reference')
const runs = golden.cases.filter(run => run.method !== 'reference')
const methods = { RK23: bosh3, RK45: dopri5, DOP853: dop853 }
it.each(references)('ends where SciPy ends: $problem', async ({ problem, y_end, span, y0 }) => {
  const { x, nfe } = solve(fields[problem]!, tf.tensor2d([y0]), { method: rk4, steps: 400, span })
  await expectClose(x, tf.tensor2d([y_end]), sum)
  expect(nfe).toBe(1600)
})

const worst = (x: ArrayLike<number>, expected: readonly number[]) =>
  Math.max(...expected.map((value, i) => Math.abs(x[i]! - value)))

describe.each(runs)('as good as SciPy: $problem, $method, rtol $rtol', run => {
  const { problem, method, rtol, atol, nfev, error } = run
  const { span, y0, y_end } = references.find(reference => reference.problem === problem)!
  const options = { method: methods[method], span, rtol, atol }

  it('in float64', async () => {
    const { x, nfe } = await solveFloat64(hostFields[problem]!, y0, options)
    expect(worst(x, y_end)).toBeLessThanOrEqual(3 * error)
    expect(nfe).toBeLessThanOrEqual(1.15 * nfev)
  })

  // A float32 field is rounded to 6e-8, so it can't meet tighter tolerances. Where SciPy's error is far below its
  // tolerance, its steps happen to be lucky ones, and the first rounding changes them.
  it.runIf(rtol >= 1e-5)('in float32', async () => {
    const { x, nfe } = await solveAdaptive(fields[problem]!, tf.tensor2d([y0]), options)
    const lucky = rtol * Math.max(...y_end.map(Math.abs))
    expect(worst(x.dataSync(), y_end)).toBeLessThanOrEqual(3 * Math.max(error, lucky))
    expect(nfe).toBeLessThanOrEqual(1.15 * nfev + methods[method].tableau.b.length)
  })
})
