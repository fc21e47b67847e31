import { createRng } from '@rectified-flow/core'
import { curvature } from '@rectified-flow/reflow'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { expectClose } from '@rectified-flow/tools/matchers'
import * as tf from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'

const times = Array.from({ length: 9 }, (_, i) => i / 8)

it('is 0 for a line at any speed, and the turn of a circle', async () => {
  const line = times.map(t => tf.tensor2d([[3 * t ** 2, 4 * t ** 2]]))
  await expectClose(curvature(line), tf.tensor1d([0]), { rtol: 0, atol: 1e-3 })
  const circle = times.map(t => tf.tensor2d([[Math.cos(Math.PI * t), Math.sin(Math.PI * t)]]))
  await expectClose(curvature(circle), tf.tensor1d([(7 / 8) * Math.PI]), { rtol: 1e-5, atol: 0 })
  const back = [0, 1, 0].map(x => tf.tensor2d([[x, 0]]))
  await expectClose(curvature(back), tf.tensor1d([Math.PI]), { rtol: 1e-5, atol: 0 })
})

it('measures each path of a batch by itself, and leaks nothing', async () => {
  const rng = createRng(1)
  const states = times.map((_, i) => rng.fork(i).normal([3, 2, 2, 1]))
  const all = curvature(states).arraySync()
  for (const b of [0, 1, 2])
    await expectClose(curvature(states.map(state => tf.slice(state, [b], [1]))), tf.tensor1d([all[b]!]), {
      rtol: 1e-5,
      atol: 0,
    })
  expectNoLeak(() => curvature(states).dispose())
})

it('needs two steps', () => {
  const x = tf.zeros([1, 2])
  expect(() => curvature([x, x])).toThrow(
    new RangeError('reflow.curvature: states must hold at least 3 states, got 2.'),
  )
})
