import type { Field } from '@rectified-flow/core'
import { type Method, solve } from '@rectified-flow/ode'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { difference, expectClose, f32, sum } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { expect, it } from 'vitest'

/** dx/dt = cos t + sin t - x, which sin t solves. */
const forced: Field = (x, t) => tf.sub(tf.add(tf.cos(t), tf.sin(t)), x)

/** Slope of log2 |error| against log2 steps over 4..64 steps, leaving out errors that are rounding. */
function slope(method: Method, [start, end]: readonly [number, number]): number {
  const points: [number, number][] = []
  for (const steps of [4, 8, 16, 32, 64]) {
    const x = tf.tensor1d([Math.sin(start)])
    const y = solve(forced, x, { method, steps, span: [start, end] }).x
    const error = Math.abs((y.dataSync()[0] as number) - Math.sin(end))
    tf.dispose([x, y])
    if (error > 1e-5) points.push([Math.log2(steps), Math.log2(error)])
  }
  expect(points.length).toBeGreaterThanOrEqual(2)
  const mean = (axis: 0 | 1) => points.reduce((total, point) => total + point[axis], 0) / points.length
  const [mx, my] = [mean(0), mean(1)]
  const covariance = points.reduce((total, [x, y]) => total + (x - mx) * (y - my), 0)
  return covariance / points.reduce((total, [x]) => total + (x - mx) ** 2, 0)
}

/** What every method must do: its order both ways in time, its count of calls, and nobody's tensors lost. */
export function testMethod(method: Method, { order, nfe }: { order: number; nfe: number }): void {
  const { name } = method
  const end = order > 2 ? 2 : 1

  it(`${name}: order ${order}`, () => {
    expect(method.order).toBe(order)
    expect(Math.abs(slope(method, [0, end]) + order), 'forward').toBeLessThan(0.2)
    expect(Math.abs(slope(method, [end, 0]) + order), 'backward').toBeLessThan(0.2)
  })

  it(`${name}: one step is enough for a straight flow`, () => {
    const x = tf.tensor2d([[1, 2], [3, 4]]) // biome-ignore format: a matrix
    const next = method.step(y => tf.fill(y.shape, 3), x, 1, 0.5)
    expectClose(next.x, tf.sub(x, 1.5), f32)
    expect(next.nfe).toBe(nfe)
  })

  it(`${name}: the field gets one float32 time per sample, inside of the step`, () => {
    const x = tf.zeros([3, 1, 2])
    let calls = 0
    const field: Field = (y, t) => {
      calls++
      expect([y.shape, t.shape, t.dtype]).toEqual([[3, 1, 2], [3], 'float32'])
      const [a, b, c] = t.dataSync()
      expect([b, c]).toEqual([a, a])
      expect(a).toBeGreaterThanOrEqual(Math.fround(0.1))
      expect(a).toBeLessThanOrEqual(Math.fround(0.7))
      return tf.clone(y)
    }
    expect(solve(field, x, { method, times: [0.7, 0.3, 0.1] }).nfe).toBe(calls)
    expect(calls).toBe(2 * nfe)
  })

  it(`${name}: a sample alone equals itself in a batch`, () => {
    const value = fc.float({ min: -2, max: 2, noNaN: true })
    const rows = fc
      .integer({ min: 1, max: 4 })
      .chain(d => fc.array(fc.array(value, { minLength: d, maxLength: d }), { minLength: 1, maxLength: 4 }))
    const pull: Field = (x, t) => tf.mul(tf.sin(x), tf.reshape(t, [-1, 1]))
    fc.assert(
      fc.property(rows, values => {
        tf.tidy(() => {
          const batch = solve(pull, tf.tensor2d(values), { method, steps: 3 }).x
          for (const [i, row] of values.entries()) {
            const alone = solve(pull, tf.tensor2d([row]), { method, steps: 3 }).x
            expect(difference(alone, tf.slice(batch, [i, 0], [1, -1]), f32)).toBeNull()
          }
        })
      }),
      { seed: 1, numRuns: 50 },
    )
  })

  it(`${name}: forward and back again`, () => {
    const x = tf.tensor1d([0.3])
    const there = solve(forced, x, { method, steps: 512 / nfe, span: [0, 1] }).x
    const back = solve(forced, there, { method, steps: 512 / nfe, span: [1, 0] }).x
    expectClose(back, x, order === 1 ? { rtol: 0, atol: 3e-3 } : sum) // Euler's own error is 1e-3
  })

  it(`${name}: holds the state and the stages, and frees them`, async () => {
    const x = tf.ones([2, 2])
    let most = 0
    const before = tf.memory().numTensors
    const field: Field = y => {
      most = Math.max(most, tf.memory().numTensors - before)
      return tf.neg(tf.square(y))
    }
    await expectNoLeak(() => solve(field, x, { method, steps: 4 }).x.dispose())
    // The state, all stages but this one, this stage's x and t.
    expect(most).toBeLessThanOrEqual(nfe + 2)
  })

  it(`${name}: a field that fails at any call leaks nothing`, async () => {
    const x = tf.ones([2, 2])
    for (let failing = 1; failing <= 2 * nfe; failing++) {
      await expectNoLeak(() => {
        let calls = 0
        const field: Field = y => {
          const v = tf.neg(y)
          if (++calls === failing) throw new Error('no more')
          return v
        }
        expect(() => solve(field, x, { method, steps: 2 })).toThrow(new Error('no more'))
      })
    }
  })

  it(`${name}: says what is wrong with a field`, async () => {
    const x = tf.ones([2, 2])
    const where = `ode.${name}.step`
    await expectNoLeak(() => {
      expect(() => solve(y => tf.mean(y, 1), x, { method })).toThrow(
        new RangeError(`${where}: field(x, t) must have shape [2,2], got [2].`),
      )
      expect(() => solve(() => undefined as unknown as tf.Tensor, x, { method })).toThrow(
        new TypeError(`${where}: field(x, t) must be a tensor, got undefined.`),
      )
      expect(() => solve(y => tf.cast(y, 'int32'), x, { method })).toThrow(
        new TypeError(`${where}: field(x, t) must have dtype float32, got int32.`),
      )
      expect(() => method.step(y => y, x, 0, Number.NaN)).toThrow(
        new RangeError(`${where}: tNext must be a finite number, got NaN.`),
      )
    })
  })
}
