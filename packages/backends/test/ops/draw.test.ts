import { createRng, drawNormal, drawUniform, indexedNormal } from '@rectified-flow/core'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { exact, expectClose, type Tolerance } from '@rectified-flow/tools/matchers'
import { scope } from '@rectified-flow/tools/scope'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'

/** Five units in the last place: a kernel computes normal numbers in float32, the host in float64. */
const rounding: Tolerance = { rtol: 5 * 2 ** -23, atol: 0 }

/** One number; less, as many and more than a block of words has; more than one workgroup; none. */
const shapes = [[], [1], [4], [7], [2, 3, 5], [3, 1031], [0, 3]].map(shape => ({
  shape,
  size: tf.util.sizeFromShape(shape),
}))

describe.each(shapes)('$shape', ({ shape, size }) => {
  it('uniform numbers have the bits of the host', async () => {
    await scope(async () => {
      const expected = createRng(1).fork('a').uniforms(size)
      await expectClose(drawUniform(createRng(1).fork('a'), shape), tf.tensor(expected, shape), exact)
    })
  })

  it('normal numbers are those of the host, rounded otherwise', async () => {
    await scope(async () => {
      const expected = createRng(1).fork('a').normals(size)
      await expectClose(drawNormal(createRng(1).fork('a'), shape), tf.tensor(expected, shape), rounding)
    })
  })

  it('row i has the normal numbers of sample indices[i]', async () => {
    await scope(async () => {
      const rng = createRng(2)
      for (const indices of [[5], [2 ** 53 - 1, 0, 2 ** 31, 2 ** 40 + 5, 5, 0]]) {
        const rows = indices.map(index => drawNormal(rng.fork(index), shape))
        await expectClose(indexedNormal(rng, indices, shape), tf.stack(rows), exact)
      }
      expect(indexedNormal(rng, [], shape).shape).toEqual([0, ...shape])
    })
  })

  it('leave the stream where the host does', async () => {
    await scope(async () => {
      const [rng, same] = [createRng(3), createRng(3)]
      drawUniform(rng, shape)
      indexedNormal(rng, [1, 2], shape)
      drawNormal(rng, shape)
      same.uniforms(size)
      same.normals(size)
      expect(rng.uniforms(3)).toEqual(same.uniforms(3))
    })
  })
})

it('draw past 2^32 blocks', async () => {
  await scope(async () => {
    const [rng, same] = [createRng(4), createRng(4)]
    for (const stream of [rng, same]) stream.reserve(2 ** 34 - 8)
    await expectClose(drawUniform(rng, [19]), same.uniforms(19), exact)
  })
})

it('leak nothing', async () => {
  await expectNoLeak(async () => {
    const rng = createRng(5)
    for (const drawn of [drawUniform(rng, [5]), drawNormal(rng, [5]), indexedNormal(rng, [1, 2], [5])]) {
      await drawn.data()
      drawn.dispose()
    }
  })
})

it('say what is wrong', () => {
  const rng = createRng(6)
  expect(() => drawUniform(rng, [2, -1])).toThrow(
    'core.drawUniform: shape[1] must be an integer >= 0, got -1.',
  )
  expect(() => drawNormal(rng, [0.5])).toThrow('core.drawNormal: shape[0] must be an integer >= 0, got 0.5.')
  expect(() => indexedNormal(rng, [1], [Number.NaN])).toThrow(
    'core.indexedNormal: shape[0] must be an integer >= 0, got NaN.',
  )
  expect(() => indexedNormal(rng, [1, -1], [2])).toThrow(
    'core.indexedNormal: indices[1] must be an integer in [0, 9007199254740991], got -1.',
  )
})
