import { alongBatch, type Field } from '@rectified-flow/core'
import {
  ab4,
  dop853,
  euler,
  type GradientOptions,
  rk4,
  type Solution,
  solve,
  solveAdjoint,
  solveCheckpointed,
  uniformGrid,
} from '@rectified-flow/ode'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { expectClose, f32, sum } from '@rectified-flow/tools/matchers'
import { withoutGradients } from '@rectified-flow/tools/without-gradients'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'

type Solve = (field: Field, x: tf.Tensor, options: GradientOptions) => Solution

/** A variable; frees the tensor that it was made from. */
const variable = (value: tf.Tensor) => {
  const made = tf.variable(value)
  value.dispose()
  return made
}

/** A small network: tanh(x w + b) t. */
function network() {
  const w = variable(tf.tensor2d([[0.5, -1], [0.8, 0.3]])) // biome-ignore format: a matrix
  const b = variable(tf.tensor1d([0.1, -0.2]))
  const field: Field = (x, t) =>
    tf.mul(tf.tanh(tf.add(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D), b)), alongBatch(t, x))
  return { field, params: [w, b] }
}

/** The gradients of Σ x(end)² by the start, and by the parameters. */
function gradients(solver: Solve, options: GradientOptions): tf.Tensor[] {
  const { field, params } = network()
  const x = variable(tf.tensor2d([[1, 2], [-0.5, 0.3], [0.2, -1]])) // biome-ignore format: a matrix
  const loss = () => tf.sum(tf.square(solver(field, x, { params, ...options }).x)) as tf.Scalar
  const { value, grads } = tf.variableGrads(loss, [x, ...params] as tf.Variable[])
  const result = [x, ...params].map(variable => grads[(variable as tf.Variable).name]!)
  tf.dispose([value, x, params])
  return result
}

const plain: Solve = (field, x, { params: _, ...options }) => solve(field, x, options)

describe.each(Object.entries({ plain, solveCheckpointed, solveAdjoint }) as [string, Solve][])(
  '%s',
  (_, solver) => {
    it('has the gradients of the closed form', async () => {
      // x(1) = x(0) exp(-rate)
      const rate = tf.variable(tf.scalar(0.5))
      const x = tf.variable(tf.tensor1d([2, 3]))
      const options = { method: rk4, steps: 16, span: [0, 1] as const, params: [rate] }
      const end = () => tf.sum(solver(x => tf.neg(tf.mul(x, rate)), x, options).x) as tf.Scalar
      const { grads } = tf.variableGrads(end, [x, rate] as tf.Variable[])
      await expectClose(grads[x.name]!, [Math.exp(-0.5), Math.exp(-0.5)], sum)
      await expectClose(grads[rate.name]!, [-5 * Math.exp(-0.5)].slice(0, 1), sum)
    })

    it('gives the state and the calls of solve', async () => {
      const { field } = network()
      const x = tf.ones([2, 2])
      const there = solver(field, x, { method: rk4, steps: 7 })
      const expected = solve(field, x, { method: rk4, steps: 7 })
      await expectClose(there.x, expected.x, f32)
      expect(there.nfe).toBe(expected.nfe)
    })

    it('leaks nothing, also when the field fails', async () => {
      await expectNoLeak(() => tf.dispose(gradients(solver, { method: rk4, steps: 5 })))
      const { field } = network()
      const x = tf.ones([2, 2])
      for (const failing of [1, 3, 5])
        await expectNoLeak(() => {
          let made = 0
          const fails: Field = (y, t) => {
            if (++made === failing) throw new Error('no more')
            return field(y, t)
          }
          expect(() => solver(fails, x, { method: euler, steps: 5 })).toThrow(new Error('no more'))
        })
    })
  },
)

describe('solveCheckpointed', () => {
  it.each([1, 2, 3, 8, 100])('has the gradients of solve, keeping every %i-th state', async every => {
    const options = { method: rk4, times: uniformGrid(8, [1, 0]).map(t => t ** 2) }
    const expected = gradients(plain, options)
    const withEvery: Solve = (field, x, given) => solveCheckpointed(field, x, { ...given, every })
    for (const [i, grad] of gradients(withEvery, options).entries())
      await expectClose(grad, expected[i]!, f32)
  })

  it('holds few tensors', () => {
    const { field } = network()
    const x = tf.ones([2, 2])
    const most = (solver: Solve) => {
      let peak = 0
      const before = tf.memory().numTensors
      const watched: Field = (y, t) => {
        peak = Math.max(peak, tf.memory().numTensors - before)
        return field(y, t)
      }
      tf.grad(y => tf.sum(solver(watched, y, { method: euler, steps: 64 }).x))(x).dispose()
      return peak
    }
    expect(most(solveCheckpointed)).toBeLessThan(most(plain) / 3)
    expect(most(solveAdjoint)).toBeLessThan(most(plain) / 3)
  })

  it('says what is wrong', () => {
    const x = tf.ones([2])
    expect(() => solveCheckpointed(tf.neg, x, { method: ab4 })).toThrow(
      new TypeError('ode.solveCheckpointed: method must be one that needs no earlier steps, got ab4.'),
    )
    expect(() => solveCheckpointed(tf.neg, x, { every: 0 })).toThrow(
      new RangeError('ode.solveCheckpointed: every must be an integer >= 1, got 0.'),
    )
    expect(() => solveAdjoint(tf.neg, x, { params: [undefined as unknown as tf.Tensor] })).toThrow(
      new TypeError('ode.solveAdjoint: params[0] must be a live tensor, got undefined.'),
    )
  })
})

it.each([
  ['ode.solveCheckpointed', solveCheckpointed],
  ['ode.solveAdjoint', solveAdjoint],
])('%s says that gradients are missing', (name, solver) => {
  withoutGradients(() =>
    expect(() => solver(tf.neg, tf.ones([2]), {})).toThrow(
      `${name}: gradients must be registered, got none. Call useBackend of @rectified-flow/backends`,
    ),
  )
})

it.each([rk4, ab4, dop853])('solveAdjoint comes close to backpropagation with $name', async method => {
  const options = { method, steps: 16 }
  const expected = gradients(plain, options)
  // The two differ by the method's error; ab4's is the largest, 2e-4 with 16 steps.
  for (const [i, grad] of gradients(solveAdjoint, options).entries())
    await expectClose(grad, expected[i]!, method === ab4 ? { rtol: 1e-3, atol: 1e-4 } : sum)
})

it('gives gradients also for what the field does not use', async () => {
  const unused = tf.variable(tf.scalar(1))
  for (const solver of [solveCheckpointed, solveAdjoint]) {
    const loss = () =>
      tf.sum(solver(tf.onesLike, tf.ones([2]), { steps: 2, params: [unused] }).x) as tf.Scalar
    await expectClose(tf.variableGrads(loss, [unused]).grads[unused.name]!, [0].slice(0, 1))
  }
})
