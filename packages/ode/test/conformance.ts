import { alongBatch, type Field } from '@rectified-flow/core'
import { type EmbeddedPair, type Method, solve, solveFloat64 } from '@rectified-flow/ode'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { difference, expectClose, f32, sum } from '@rectified-flow/tools/matchers'
import { scope } from '@rectified-flow/tools/scope'
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { expect, it } from 'vitest'

/** dx/dt = cos t + sin t - x, whose solution is sin t. */
const forced: Field = (x, t) => tf.sub(tf.add(tf.cos(t), tf.sin(t)), x)

type Span = readonly [start: number, end: number]

async function errorOf(method: Method, steps: number, [start, end]: Span): Promise<number> {
  const x = tf.tensor1d([Math.sin(start)])
  const y = solve(forced, x, { method, steps, span: [start, end] }).x
  const error = Math.abs(y.dataSync()[0]! - Math.sin(end))
  tf.dispose([x, y])
  return error
}

/** Float32 hides high orders, so pairs take steps of equal size in float64; no tolerance changes them. */
async function errorInFloat64(method: EmbeddedPair, steps: number, [start, end]: Span): Promise<number> {
  const h = Math.abs(end - start) / steps
  const field = (x: Float64Array, t: number) => [Math.cos(t) + Math.sin(t) - x[0]!]
  const even = { firstStep: h, maxStep: h, rtol: 0, atol: Infinity }
  const { x } = await solveFloat64(field, [Math.sin(start)], { method, span: [start, end], ...even })
  return Math.abs(x[0]! - Math.sin(end))
}

/** Slope of log2 |error| against log2 steps over 4..64 steps, without errors that are rounding errors. */
async function slope(
  method: Method,
  span: Span,
  { fewest, rounding }: { fewest: number; rounding: number },
): Promise<number> {
  const pair = 'errors' in method ? (method as EmbeddedPair) : undefined
  const points: [number, number][] = []
  for (const steps of [4, 8, 16, 32, 64].filter(steps => steps >= fewest)) {
    const error = pair ? await errorInFloat64(pair, steps, span) : await errorOf(method, steps, span)
    if (error > (pair ? 1e-13 : rounding)) points.push([Math.log2(steps), Math.log2(error)])
  }
  expect(points.length).toBeGreaterThanOrEqual(2)
  const mean = (axis: 0 | 1) => points.reduce((total, point) => total + point[axis], 0) / points.length
  const [mx, my] = [mean(0), mean(1)]
  const covariance = points.reduce((total, [x, y]) => total + (x - mx) * (y - my), 0)
  return covariance / points.reduce((total, [x]) => total + (x - mx) ** 2, 0)
}

/**
 * What every method must do: have its order both ways in time, take as many calls as it says, and leak no tensors. `nfe`
 * counts the calls of a first step, `later` those of a step that has enough steps before it. The order is measured at time
 * `end`, with `fewest` steps or more, by errors above `rounding`.
 */
export function testMethod(
  method: Method,
  {
    order,
    nfe,
    later = nfe,
    fewest = 4,
    rounding = 1e-5,
    end = order > 2 ? 2 : 1,
  }: { order: number; nfe: number; later?: number; fewest?: number; rounding?: number; end?: number },
): void {
  const { name, past = 0 } = method
  const calls = (steps: number) => Math.min(steps, past) * nfe + Math.max(0, steps - past) * later
  const enough = past + 2

  it(`${name}: order ${order}`, async () => {
    expect(method.order).toBe(order)
    expect(Math.abs((await slope(method, [0, end], { fewest, rounding })) + order), 'forward').toBeLessThan(
      0.2,
    )
    expect(Math.abs((await slope(method, [end, 0], { fewest, rounding })) + order), 'backward').toBeLessThan(
      0.2,
    )
  })

  it(`${name}: one step is enough for a straight flow`, async () => {
    const x = tf.tensor2d([[1, 2], [3, 4]]) // biome-ignore format: a matrix
    const next = method.step(y => tf.fill(y.shape, 3), x, 1, 0.5)
    await expectClose(next.x, tf.sub(x, 1.5), f32)
    expect(next.nfe).toBe(nfe)
  })

  it(`${name}: the field gets one float32 time per sample, inside the step`, () => {
    const x = tf.zeros([3, 1, 2])
    let made = 0
    const field: Field = (y, t) => {
      made++
      expect([y.shape, t.shape, t.dtype]).toEqual([[3, 1, 2], [3], 'float32'])
      const [a, b, c] = t.dataSync()
      expect([b, c]).toEqual([a, a])
      expect(a).toBeGreaterThanOrEqual(Math.fround(0.1))
      expect(a).toBeLessThanOrEqual(Math.fround(0.1 + 0.6))
      return tf.clone(y)
    }
    const times = Array.from({ length: enough + 1 }, (_, i) => 0.1 + (0.6 * (enough - i) ** 2) / enough ** 2)
    expect(solve(field, x, { method, times }).nfe).toBe(made)
    expect(made).toBe(calls(enough))
  })

  it(`${name}: a sample alone equals itself in a batch`, async () => {
    const value = fc.float({ min: -2, max: 2, noNaN: true })
    const rows = fc
      .integer({ min: 1, max: 4 })
      .chain(d => fc.array(fc.array(value, { minLength: d, maxLength: d }), { minLength: 1, maxLength: 4 }))
    const pull: Field = (x, t) => tf.mul(tf.sin(x), alongBatch(t, x))
    await fc.assert(
      fc.asyncProperty(rows, values =>
        scope(async () => {
          const batch = solve(pull, tf.tensor2d(values), { method, steps: enough }).x
          for (const [i, row] of values.entries()) {
            const alone = solve(pull, tf.tensor2d([row]), { method, steps: enough }).x
            expect(await difference(alone, tf.slice(batch, [i, 0], [1, -1]), f32)).toBeNull()
          }
        }),
      ),
      { seed: 1, numRuns: 50 },
    )
  })

  it(`${name}: forward and back again`, async () => {
    const x = tf.tensor1d([0.3])
    const there = solve(forced, x, { method, steps: Math.round(512 / nfe), span: [0, 1] }).x
    const back = solve(forced, there, { method, steps: Math.round(512 / nfe), span: [1, 0] }).x
    await expectClose(back, x, order === 1 ? { rtol: 0, atol: 3e-3 } : sum) // Euler's own error is 1e-3
  })

  it(`${name}: holds the state and the stages, and frees them`, async () => {
    const x = tf.ones([2, 2])
    let most = 0
    const before = tf.memory().numTensors
    const field: Field = y => {
      most = Math.max(most, tf.memory().numTensors - before)
      return tf.neg(tf.square(y))
    }
    await expectNoLeak(() => solve(field, x, { method, steps: 4 + past }).x.dispose())
    // The state, all stages but this one, this stage's x and t, and the past.
    expect(most).toBeLessThanOrEqual(nfe + past + 2)
  })

  it(`${name}: a field that fails at any call leaks nothing`, async () => {
    const x = tf.ones([2, 2])
    for (let failing = 1; failing <= calls(enough); failing++) {
      await expectNoLeak(() => {
        let made = 0
        const field: Field = y => {
          const v = tf.neg(y)
          if (++made === failing) throw new Error('no more')
          return v
        }
        expect(() => solve(field, x, { method, steps: enough })).toThrow(new Error('no more'))
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
