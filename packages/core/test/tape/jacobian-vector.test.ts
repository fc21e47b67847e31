import { centralDifference, constant, doubleBackward, type JacobianVector } from '@rectified-flow/core'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { exact, expectClose, f32 } from '@rectified-flow/tools/matchers'
import { withoutGradients } from '@rectified-flow/tools/without-gradients'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'

// The difference is wrong by h²/6 times the third derivative along the tangents: here up to 165, so 2.5e-4.
const ways: [string, JacobianVector, { rtol: number; atol: number }][] = [
  ['centralDifference', centralDifference(), { rtol: 1e-3, atol: 1e-4 }],
  ['doubleBackward', doubleBackward, f32],
]

/** sin(x y) + x², element by element. */
const wave = ([x, y]: tf.Tensor[]) => tf.add(tf.sin(tf.mul(x!, y!)), tf.square(x!))
let [x, y, dx, dy] = [] as unknown as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]
beforeAll(() => {
  ;[x, y] = [tf.tensor1d([0.5, -0.4, 0.8]), tf.tensor1d([2, 3, 0.5])]
  ;[dx, dy] = [tf.tensor1d([1, -2, 0.5]), tf.tensor1d([0.3, 1, -1])]
})
/** cos(x y) (y dx + x dy) + 2 x dx, by hand. */
const product = () =>
  tf.tensor1d(
    [0, 1, 2].map(i => {
      const [a, b] = [x.dataSync()[i]!, y.dataSync()[i]!]
      const [da, db] = [dx.dataSync()[i]!, dy.dataSync()[i]!]
      return Math.cos(a * b) * (b * da + a * db) + 2 * a * da
    }),
  )

describe.each(ways)('%s', (name, jacobianVector, tolerance) => {
  it('has the closed form, of several inputs', async () => {
    await expectClose(jacobianVector(wave, [x, y], [dx, dy]), product(), tolerance)
    await expectClose(
      jacobianVector(() => tf.clone(y), [x], [dx]),
      tf.zeros([3]),
      exact,
    )
  })

  it('has the matrix of a linear map, whose result has another shape', async () => {
    const matrix = tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3])
    const linear = ([v]: tf.Tensor[]) => tf.dot(matrix, v!)
    await expectClose(jacobianVector(linear, [x], [dx]), tf.dot(matrix, dx), tolerance)
  })

  it('is a constant for a gradient around it, also where that is switched off', async () => {
    const outer = (p: tf.Tensor) => tf.mul(jacobianVector(wave, [p, y], [dx, dy]), p)
    await expectClose(tf.grad(outer)(x), product(), tolerance)
    const still = (p: tf.Tensor) =>
      tf.mul(
        constant(() => jacobianVector(wave, [p, y], [dx, dy])),
        p,
      )
    await expectClose(tf.grad(still)(x), product(), tolerance)
  })

  it('leaves nothing behind, also where the function throws', async () => {
    await expectNoLeak(() => {
      jacobianVector(wave, [x, y], [dx, dy]).dispose()
      let runs = 0
      const fails = (inputs: tf.Tensor[]) => {
        const value = wave(inputs)
        if (++runs === 2) throw new Error('no more')
        return value
      }
      expect(() => jacobianVector(fails, [x, y], [dx, dy])).toThrow('no more')
    })
    await expectClose(tf.grad(v => tf.square(v))(tf.scalar(3)), tf.scalar(6), exact)
  })

  it('says what is wrong', () => {
    expect(() => jacobianVector(wave, [x, y], [dx, tf.ones([2])])).toThrow(
      new RangeError(`core.${name}: tangents[1] must have shape [3], got [2].`),
    )
    expect(() => jacobianVector(wave, [x, y], [dx])).toThrow(`core.${name}: tangents[1] must be a tensor`)
  })
})

it('has an error that falls as the square of the step', async () => {
  const error = (step: number) => {
    const difference = centralDifference({ step })(wave, [x, y], [dx, dy])
    return tf.max(tf.abs(tf.sub(difference, product()))).dataSync()[0]!
  }
  const slope = Math.log2(error(0.2) / error(0.05)) / 2
  expect(slope).toBeGreaterThan(1.8)
  expect(slope).toBeLessThan(2.2)
  expect(() => centralDifference({ step: 0 })).toThrow(
    'core.centralDifference: step must be a finite number >= 5e-324, got 0.',
  )
})

it('needs gradients only for the double backward', async () => {
  const given = [[x, y] as tf.Tensor[], [dx, dy] as tf.Tensor[]] as const
  withoutGradients(() => {
    expect(() => doubleBackward(wave, ...given)).toThrow(
      'core.doubleBackward: gradients must be registered, got none.',
    )
    expect(centralDifference()(wave, ...given).shape).toEqual([3])
  })
})
