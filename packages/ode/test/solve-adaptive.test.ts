import { alongBatch, type Field, NumericError } from '@rectified-flow/core'
import {
  type AdaptiveOptions,
  bosh3,
  dop853,
  dopri5,
  type EmbeddedPair,
  hairerControl,
  heun,
  integralControl,
  type Method,
  piControl,
  pidControl,
  SolverError,
  solveAdaptive,
  tsit5,
} from '@rectified-flow/ode'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { expectClose } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'

/** dx/dt = cos t + sin t - x, whose solution is sin t if it starts at sin t. */
const forced: Field = (x, t) => tf.sub(alongBatch(tf.add(tf.cos(t), tf.sin(t)), x), x)

/** dx/dt = -rate x with a rate per row. */
const rates =
  (values: number[]): Field =>
  x =>
    tf.mul(x, alongBatch(tf.tensor1d(values.map(r => -r)), x))

describe.each([bosh3, dopri5, tsit5, dop853])('$name', method => {
  const tight = { method, rtol: 1e-5, atol: 1e-6 }

  it('solves both ways in time, and counts what it does', async () => {
    const x = tf.tensor2d([[Math.sin(0)], [Math.sin(0)]])
    let calls = 0
    const field: Field = (y, t) => {
      calls++
      return forced(y, t)
    }
    const there = await solveAdaptive(field, x, { ...tight, span: [0, 3] })
    await expectClose(there.x, tf.fill([2, 1], Math.sin(3)), { rtol: 0, atol: 1e-4 })
    expect(there.nfe).toBe(calls)
    expect(there.nfe).toBe(2 + (there.accepted + there.rejected) * method.tableau.b.length)
    expect(there.ends).toEqual([
      { t: 3, stopped: false, nfe: there.nfe, accepted: there.accepted, rejected: there.rejected },
    ])
    const back = await solveAdaptive(field, there.x, { ...tight, span: [3, 0] })
    await expectClose(back.x, x, { rtol: 0, atol: 1e-3 }) // backward the problem grows by e³
  })

  it('solves each sample as if it were alone', async () => {
    const stiffness = [0.5, 30, 5]
    const x = tf.tensor2d([[1, 2], [3, 4], [-1, 5]]) // biome-ignore format: a matrix
    const options = { ...tight, span: [0, 1] as const, perSample: true }
    const batch = await solveAdaptive(rates(stiffness), x, options)
    for (const [i, rate] of stiffness.entries()) {
      const alone = await solveAdaptive(rates([rate]), tf.slice(x, [i, 0], [1, 2]), options)
      await expectClose(tf.slice(batch.x, [i, 0], [1, 2]), alone.x, { rtol: 1e-5, atol: 1e-6 })
      expect(batch.ends[i]).toEqual(alone.ends[0])
    }
    expect(batch.nfe).toBe(Math.max(...batch.ends.map(end => end.nfe)))
    expect(batch.accepted).toBe(batch.ends.reduce((total, end) => total + end.accepted, 0))
  })
})

it.each(Object.entries({ integralControl, hairerControl, piControl, pidControl }))(
  'keeps to its tolerance with %s',
  async (_, control) => {
    const { x } = await solveAdaptive(forced, tf.zeros([1, 1]), {
      span: [0, 5],
      control,
      rtol: 1e-4,
      atol: 1e-5,
    })
    await expectClose(x, [[Math.sin(5)]].flat(), { rtol: 0, atol: 1e-3 })
  },
)

it('spends more on a tighter tolerance, which may be a tensor', async () => {
  const x = tf.zeros([1, 1])
  const nfe = async (options: AdaptiveOptions) =>
    (await solveAdaptive(forced, x, { span: [0, 5], ...options })).nfe
  expect(await nfe({ rtol: 1e-5 })).toBeGreaterThan(await nfe({ rtol: 1e-3 }))
  expect(await nfe({ rtol: tf.scalar(1e-5), atol: tf.tensor2d([[1e-6]]) })).toBe(
    await nfe({ rtol: 1e-5, atol: 1e-6 }),
  )
})

it('goes from 1 to 0 by default', async () => {
  const { x, ends } = await solveAdaptive(tf.neg, tf.ones([1]))
  await expectClose(x, [Math.E], { rtol: 1e-3, atol: 0 })
  expect(ends[0]?.t).toBe(0)
})

it('uses firstStep and maxStep, and lends the state to the callback', () =>
  expectNoLeak(async () => {
    const seen: number[][] = []
    const x = tf.ones([2])
    const solution = await solveAdaptive(tf.neg, x, {
      span: [0, 1],
      firstStep: 0.125,
      maxStep: 0.25,
      onStep: ({ x, t, times, nfe, accepted, rejected }) => {
        expect(Math.abs(x.dataSync()[0]! - Math.exp(-t))).toBeLessThan(1e-4)
        expect(times).toEqual([t])
        seen.push([t, nfe, accepted, rejected])
      },
    })
    expect(seen).toEqual([[0.125, 7, 1, 0], [0.375, 13, 2, 0], [0.625, 19, 3, 0], [0.875, 25, 4, 0], [1, 31, 5, 0]]) // biome-ignore format: a table
    tf.dispose([x, solution.x])
  }))

describe('an event', () => {
  const rise: Field = x => tf.onesLike(x) // x = x0 + t
  const first = (x: tf.Tensor) => tf.reshape(tf.slice(x, [0, 0], [1, 1]), [])

  it('stops the whole batch at the crossing, wherever the step would end', async () => {
    for (const method of [bosh3, dopri5, tsit5, dop853]) {
      const solution = await solveAdaptive(forced, tf.ones([2, 1]), {
        method,
        span: [0, 10],
        rtol: 1e-5,
        event: { value: x => tf.sub(first(x), 0.5), direction: -1 },
      })
      await expectClose(solution.x, tf.fill([2, 1], 0.5), { rtol: 0, atol: 1e-4 })
      // x = sin t + exp(-t) falls to 1/2 once, between 2 and 3.
      const { t } = solution.ends[0] as { t: number }
      expect(solution.ends[0]?.stopped).toBe(true)
      expect(Math.sin(t) + Math.exp(-t)).toBeCloseTo(0.5, 3)
    }
  })

  it('stops each sample at its own crossing, both ways in time', async () => {
    const x = tf.tensor2d([[-0.25], [-0.5], [5]])
    const value = (x: tf.Tensor) => tf.reshape(x, [-1])
    const { x: there, ends } = await solveAdaptive(rise, x, {
      span: [0, 1],
      perSample: true,
      event: { value },
    })
    await expectClose(there, [0, 0, 6], { rtol: 1e-5, atol: 1e-5 })
    expect(ends.map(({ stopped }) => stopped)).toEqual([true, true, false])
    for (const [i, t] of [0.25, 0.5, 1].entries()) expect(ends[i]?.t).toBeCloseTo(t, 5)
    const back = await solveAdaptive(x => tf.neg(rise(x, tf.tensor1d([]))), x, {
      perSample: true,
      event: { value },
    })
    for (const [i, t] of [0.75, 0.5, 0].entries()) expect(back.ends[i]?.t).toBeCloseTo(t, 5)
  })

  it('has a direction, and a value that leaves zero does not cross it', async () => {
    const value = (x: tf.Tensor) => first(x)
    const options = { span: [0, 1] as const, firstStep: 0.1 }
    const falling = await solveAdaptive(rise, tf.tensor2d([[-0.5]]), {
      ...options,
      event: { value, direction: -1 },
    })
    expect(falling.ends[0]?.stopped).toBe(false)
    const leaving = await solveAdaptive(rise, tf.tensor2d([[0]]), { ...options, event: { value } })
    expect(leaving.ends[0]?.stopped).toBe(false)
  })
})

describe('a failure', () => {
  let x: tf.Tensor
  beforeAll(() => {
    x = tf.ones([2, 1])
  })
  const caught = async (field: Field, options: AdaptiveOptions) => {
    const error = await solveAdaptive(field, x, options).catch(error => error)
    expect(error).toBeInstanceOf(SolverError)
    expect(error).toBeInstanceOf(NumericError)
    return error as SolverError
  }

  it('names the time at which a state is not finite', async () => {
    // x' = x² from 1 is infinite at t = 1.
    const blown = await caught(tf.square, { span: [0, 2], maxSteps: 1e5 })
    expect(['non-finite', 'not-converged']).toContain(blown.code)
    expect(blown.t).toBeCloseTo(1, 2)
    const broken: Field = (x, t) =>
      tf.where(tf.greater(alongBatch(t, x), 0.5), tf.fill(x.shape, Number.NaN), x)
    const nan = await caught(broken, { span: [0, 1] })
    expect(nan.code).toBe('non-finite')
    expect(nan.t).toBeCloseTo(0.5, 5)
    expect(nan.message).toMatch(
      /^ode\.solveAdaptive: the state or its velocity is not finite at t = 0\.\d+ \(\d+ field calls, \d+ steps accepted, \d+ rejected\)\.$/,
    )
    const start = await caught(x => tf.fill(x.shape, Number.POSITIVE_INFINITY), {})
    expect(start.message).toBe(
      'ode.solveAdaptive: the state or its velocity is not finite at t = 1 (1 field calls, 0 steps accepted, 0 rejected).',
    )
  })

  it('names an event whose value is NaN, at the start, after a step or at a crossing', async () => {
    const nanFrom = (from: number, to: number) => ({
      value: (_: tf.Tensor, t: tf.Tensor1D) => {
        const [time] = t.dataSync()
        return tf.scalar(time! >= from && time! < to ? Number.NaN : time! - 0.75)
      },
    })
    const standing = (event: AdaptiveOptions['event']) =>
      caught(tf.neg, { span: [0, 1], firstStep: 0.5, maxStep: 0.5, event: event! })
    const start = await standing(nanFrom(0, 0.1))
    expect([start.code, start.message]).toEqual([
      'non-finite',
      'ode.solveAdaptive: event.value(x, t) must be a number, got NaN at t = 0 (1 field calls, 0 steps accepted, 0 rejected).',
    ])
    expect(await standing(nanFrom(0.5, 0.6))).toMatchObject({ code: 'non-finite', t: 0.5 })
    expect(await standing(nanFrom(0.7, 0.9))).toMatchObject({ code: 'non-finite', t: 1 })
    await expectNoLeak(async () => void (await standing(nanFrom(0.7, 0.9))))
  })

  it('does not look at the event of a sample that is done', async () => {
    // The first sample ends at t = 0.24. When the second is past 0.35, the first one's value is NaN.
    const value = (x: tf.Tensor, t: tf.Tensor1D) =>
      tf.where(tf.tensor1d([t.dataSync()[1]! > 0.35, false], 'bool'), tf.div(0, 0), tf.reshape(x, [-1]))
    const options = { span: [0, 1] as const, perSample: true, firstStep: 0.1, maxStep: 0.1 }
    const { ends } = await solveAdaptive(tf.onesLike, tf.tensor2d([[-0.24], [-0.5]]), {
      ...options,
      event: { value, tolerance: 1e-3 },
    })
    expect(ends.map(({ stopped }) => stopped)).toEqual([true, true])
  })

  it('says that atol must be > 0 where the state is 0', async () => {
    const zero = tf.tensor2d([[1], [0]])
    const message =
      /^ode\.solveAdaptive: atol must be > 0 where the state is 0, got 0 at t = 0 \(1 field calls, 0 steps/
    for (const field of [tf.neg, tf.onesLike, tf.zerosLike])
      for (const perSample of [false, true])
        await expect(solveAdaptive(field, zero, { span: [0, 1], atol: 0, perSample })).rejects.toThrow(
          message,
        )
    const some = { span: [0, 1] as const, atol: tf.tensor2d([[1e-6], [0]]) }
    await expect(solveAdaptive(tf.neg, zero, some)).rejects.toThrow(message)
    // The state becomes 0 and stays there.
    const falls: Field = (x, t) =>
      tf.where(tf.less(alongBatch(t, x), 0.5), tf.zerosLike(x), tf.div(tf.neg(x), 0))
    expect((await caught(falls, { span: [0, 1], atol: 0 })).message).toContain('is not finite')
    expect(
      (await solveAdaptive(tf.neg, tf.ones([2]), { span: [0, 1], atol: 0 })).x.dataSync()[0],
    ).toBeCloseTo(Math.exp(-1), 3)
  })

  it('says where it stopped when it took too many steps, or too short steps', async () => {
    const many = await caught(forced, { span: [0, 10], maxSteps: 3 })
    expect([many.code, many.accepted + many.rejected, many.nfe]).toEqual(['not-converged', 3, 20])
    expect(many.message).toContain('ode.solveAdaptive: took 3 steps without an end, at t = ')
    const short = await caught(x => tf.mul(x, -1000), { span: [0, 1], minStep: 0.2, firstStep: 0.2 })
    expect([short.code, short.t]).toEqual(['not-converged', 0])
    expect(short.message).toContain('the tolerance asks for a step shorter than 0.2 at t = 0')
  })

  it('leaks nothing, wherever the field fails', async () => {
    for (const method of [bosh3, dop853])
      for (const failing of [1, 2, 3, 7, 20])
        await expectNoLeak(async () => {
          let made = 0
          const field: Field = (y, t) => {
            if (++made === failing) throw new Error('no more')
            return forced(y, t)
          }
          const run = solveAdaptive(field, x, { method, span: [0, 10], rtol: 1e-6, perSample: true })
          await expect(run).rejects.toThrow(new Error('no more'))
        })
    expect(x.isDisposed).toBe(false)
  })

  it("gives the signal's reason, and leaks nothing, whenever it aborts", async () => {
    for (const steps of [0, 1, 3])
      await expectNoLeak(async () => {
        const abort = new AbortController()
        const reason = new Error('the user left')
        if (steps === 0) abort.abort(reason)
        const onStep = ({ accepted }: { accepted: number }) => {
          if (accepted === steps) abort.abort(reason)
        }
        const run = solveAdaptive(forced, x, { span: [0, 10], rtol: 1e-6, onStep, signal: abort.signal })
        await expect(run).rejects.toBe(reason)
      })
    const onStep = () => {
      throw new Error('enough')
    }
    await expectNoLeak(() =>
      expect(solveAdaptive(forced, x, { onStep })).rejects.toThrow(new Error('enough')),
    )
  })

  it('says what is wrong with an argument', async () => {
    const failures: [AdaptiveOptions, Error][] = [
      [
        { method: heun as Method as EmbeddedPair },
        new TypeError('ode.solveAdaptive: method must be an embedded pair such as dopri5, got an object.'),
      ],
      [
        { span: [1, 1] },
        new RangeError(
          'ode.solveAdaptive: span must be strictly increasing or decreasing, got 1 after 1 at index 1.',
        ),
      ],
      [{ rtol: -1 }, new RangeError('ode.solveAdaptive: rtol must be a number >= 0, got -1.')],
      [
        { rtol: 0, atol: 0 },
        new RangeError('ode.solveAdaptive: atol must be a number > 0 if rtol is 0, got 0.'),
      ],
      [
        { maxStep: 0 },
        new RangeError('ode.solveAdaptive: maxStep must be a positive number >= minStep, got 0.'),
      ],
      [
        { firstStep: Number.NaN },
        new RangeError('ode.solveAdaptive: firstStep must be a positive number, got NaN.'),
      ],
      [{ maxSteps: 0 }, new RangeError('ode.solveAdaptive: maxSteps must be an integer >= 1, got 0.')],
      [
        { control: { ...integralControl, safety: 2 } },
        new RangeError('ode.solveAdaptive: control.safety must be a number in [0, 1], got 2.'),
      ],
      [
        { event: { value: () => tf.ones([2]) } },
        new RangeError('ode.solveAdaptive: event.value(x, t) must have shape [1], got [2].'),
      ],
    ]
    for (const [options, error] of failures)
      await expect(solveAdaptive(forced, x, options)).rejects.toThrow(error)
    await expect(solveAdaptive(x => tf.mean(x), x)).rejects.toThrow(
      new RangeError('ode.solveAdaptive: field(x, t) must have shape [2,1], got [].'),
    )
    await expect(solveAdaptive(forced, tf.scalar(1))).rejects.toThrow(
      new RangeError('ode.solveAdaptive: x must have shape [B,...], got [].'),
    )
  })
})
