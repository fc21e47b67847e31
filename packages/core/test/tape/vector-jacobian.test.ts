import { vectorJacobian } from '@rectified-flow/core'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { exact, expectClose, f32 } from '@rectified-flow/tools/matchers'
import { withoutGradients } from '@rectified-flow/tools/without-gradients'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'

const A = [
  [1, 2],
  [-3, 4],
  [0.5, -1],
]
const linear = (x: tf.Tensor) => tf.matMul(x as tf.Tensor2D, tf.tensor2d(A))

describe('vectorJacobian', () => {
  it('is the vector times the Jacobian of a linear map', async () => {
    const x = tf.tensor2d([[1, 2, 3]])
    const dy = tf.tensor2d([[2, -1]])
    const { value, grads } = vectorJacobian(() => linear(x), [x], dy)
    await expectClose(value, linear(x), exact)
    await expectClose(grads[0]!, tf.tensor2d([[0, -10, 2]]), exact) // dy A'
  })

  it('takes several tensors, and gives zeros for what is not used', async () => {
    const [x, y, unused] = [tf.tensor1d([2, 3]), tf.tensor1d([5, 7]), tf.ones([4])]
    const { grads } = vectorJacobian(() => tf.mul(x, y), [x, y, unused], tf.tensor1d([1, 10]))
    await expectClose(grads[0]!, tf.tensor1d([5, 70]), exact)
    await expectClose(grads[1]!, tf.tensor1d([2, 30]), exact)
    await expectClose(grads[2]!, tf.zeros([4]), exact)
  })

  it('runs inside of the backward pass of another gradient', async () => {
    const cube = tf.customGrad((...args) => {
      const [x, save] = args as unknown as [tf.Tensor, tf.GradSaveFunc]
      save([x])
      const gradFunc = (dy: tf.Tensor, [given]: tf.Tensor[]) =>
        vectorJacobian(() => tf.pow(given!, 3), [given!], dy).grads[0]!
      return { value: tf.pow(x, 3), gradFunc }
    })
    const gradient = tf.grad(x => tf.sin(cube(tf.mul(x, 2))))(tf.tensor1d([0.3, -0.5]))
    // d/dx sin(8 x³) = 24 x² cos(8 x³)
    const expected = [0.3, -0.5].map(x => 24 * x * x * Math.cos(8 * x ** 3))
    await expectClose(gradient, tf.tensor1d(expected), f32)
  })

  it('leaves nothing behind, also where the function throws', async () => {
    const [x, dy] = [tf.ones([2, 3]), tf.ones([2, 2])]
    await expectNoLeak(() => {
      const { value, grads } = vectorJacobian(() => linear(tf.sin(x)), [x], dy)
      tf.dispose([value, grads])
      const fails = () => {
        linear(tf.sin(tf.square(x)))
        throw new Error('no more')
      }
      expect(() => vectorJacobian(fails, [x], dy)).toThrow(new Error('no more'))
    })
    const broken = tf.customGrad((...args) => {
      const [y, save] = args as unknown as [tf.Tensor, tf.GradSaveFunc]
      save([y])
      return {
        value: tf.clone(y),
        gradFunc: () => {
          throw new Error('no gradient')
        },
      }
    })
    await expectNoLeak(() => {
      const fails = () => linear(broken(tf.sin(tf.square(x))))
      expect(() => vectorJacobian(fails, [x], dy)).toThrow(new Error('no gradient'))
    })
    await expectClose(tf.grad(y => tf.square(y))(tf.scalar(3)), tf.scalar(6), exact)
  })

  it('says what is wrong', () => {
    const x = tf.ones([2])
    expect(() => vectorJacobian(() => tf.square(x), [x], tf.ones([3]))).toThrow(
      new RangeError('core.vectorJacobian: dy must have shape [2], got [3].'),
    )
    withoutGradients(() =>
      expect(() => vectorJacobian(() => tf.square(x), [x], x)).toThrow(
        'core.vectorJacobian: gradients must be registered, got none.',
      ),
    )
  })
})
