import { createRng, makeChosen } from '@rectified-flow/core'
import { l2, lpipsHuber, premetrics, pseudoHuber, squaredL2 } from '@rectified-flow/losses-lpips-huber'
import { exact, expectClose } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'

const distance = (a: tf.Tensor4D, b: tf.Tensor4D): tf.Tensor1D =>
  tf.tidy(() => tf.mean(tf.squaredDifference(a, b), [1, 2, 3]))

const functions = { squaredL2, l2, pseudoHuber: pseudoHuber(), lpipsHuber: lpipsHuber(distance) }

it('has each premetric under its name, with the defaults that its choice says', async () => {
  const [a, b] = [createRng(1).normal([2, 3, 3, 2]), createRng(2).normal([2, 3, 3, 2])]
  const context = { t: tf.tensor1d([0.2, 0.7]), xt: a, x: b }
  expect(Object.keys(premetrics)).toEqual(Object.keys(functions))
  for (const [name, { options }] of Object.entries(premetrics)) {
    const defaults = Object.entries(options).map(([key, option]) => [key, option.default])
    const chosen = { name, ...Object.fromEntries(defaults) }
    const expected = functions[name as keyof typeof functions](a, b, context)
    await expectClose(makeChosen('', premetrics, chosen, { distance })(a, b, context), expected, exact)
    await expectClose(makeChosen('', premetrics, { name }, { distance })(a, b, context), expected, exact)
  }
})
