import { attention, squareSums, useBackend } from '@rectified-flow/backends'
import { createRng } from '@rectified-flow/core'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { expectClose, sum } from '@rectified-flow/tools/matchers'
import { scope } from '@rectified-flow/tools/scope'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { registerKernels } from '../../src/kernels/register-kernels.js'
import { hasKernel } from '../../src/kernels/run-kernel.js'
import { kernels } from './fixture/index.js'

// A backend that is tfjs's cpu plus some of our kernels: each is one file in fixture/ and one line of its index.ts.
beforeAll(async () => {
  await useBackend('cpu')
  tf.registerBackend('throw-away', tf.findBackendFactory('cpu'))
  tf.copyRegisteredKernels('cpu', 'throw-away')
  registerKernels('throw-away', kernels, {})
})
afterAll(async () => {
  await useBackend((process.env.BACKEND ?? 'cpu') as 'cpu')
  tf.removeBackend('throw-away')
})

for (const [name, shapes, op] of [
  ['attention', [[2, 5, 18]], qkv => attention(qkv as tf.Tensor3D, { heads: 2 })],
  ['squareSums', [[3, 4], [5]], (...inputs) => squareSums(inputs)],
] as [string, number[][], (...inputs: tf.Tensor[]) => tf.Tensor][])
  it(`runs ${name} through the kernel, and its gradient`, async () => {
    const rng = createRng(1)
    const numbers = shapes.map(shape => rng.normals(tf.util.sizeFromShape(shape)))
    const run = () => {
      const inputs = shapes.map((shape, i) => tf.tensor(numbers[i]!, shape))
      const y = op(...inputs)
      const dy = tf.reshape(tf.sin(tf.range(0, y.size)), y.shape)
      return [y, ...tf.grads(op)(inputs, dy)]
    }
    const ran = new Set<string>()
    for (const config of tf.getKernelsForBackend('throw-away')) {
      const { kernelFunc } = config
      config.kernelFunc = args => {
        ran.add(config.kernelName)
        return kernelFunc(args)
      }
    }
    await scope(async () => {
      await tf.setBackend('cpu')
      const expected = tf.tidy(run)
      const values = await Promise.all(expected.map(tensor => tensor.data()))
      await tf.setBackend('throw-away')
      const actual = tf.tidy(run)
      for (const [i, tensor] of actual.entries()) {
        expect(tensor.shape).toEqual(expected[i]!.shape)
        await expectClose(await tensor.data(), values[i]!, sum)
      }
      await expectNoLeak(() => tf.dispose(tf.tidy(run)))
    })
    const own = Object.keys(kernels).filter(kernel => kernel.toLowerCase().startsWith(name.toLowerCase()))
    for (const kernel of own) expect(ran).toContain(`Rf${kernel}`)
  })

it('finds the kernels on that backend only', async () => {
  await tf.setBackend('throw-away')
  expect([hasKernel('Attention'), hasKernel('Dropout')]).toEqual([true, false])
  await tf.setBackend('cpu')
  expect(hasKernel('Attention')).toBe(false)
})
