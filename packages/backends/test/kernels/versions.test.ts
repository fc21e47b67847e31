import { conv2d, useBackend } from '@rectified-flow/backends'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, afterEach, expect, it, vi } from 'vitest'
import { version } from '../../src/version.js'

afterEach(() => vi.doUnmock('../../src/version.js'))
afterAll(() => useBackend((process.env.BACKEND ?? 'cpu') as 'cpu'))

/** Another copy of this package, which shares tfjs-core with the first one. */
async function copy(copyVersion: string): Promise<typeof import('../../src/node/index.js')> {
  vi.resetModules()
  vi.doMock('../../src/version.js', () => ({ version: copyVersion }))
  return await import('../../src/node/index.js')
}

it('shares its kernels with a copy of the same version', async () => {
  await useBackend('wasm')
  const kernels = tf.getKernelsForBackend('wasm')
  const other = await copy(version)
  expect(other.useBackend).not.toBe(useBackend)
  await other.useBackend('wasm')
  expect(tf.getKernelsForBackend('wasm')).toEqual(kernels)
  const y = tf.tidy(() => other.conv2d(tf.ones([1, 2, 2, 1]), tf.ones([1, 1, 1, 2]), tf.tensor1d([1, 2])))
  expect([...(await y.data())]).toEqual([2, 3, 2, 3, 2, 3, 2, 3])
  y.dispose()
})

it('refuses to work beside another version', async () => {
  await useBackend('wasm')
  const gradient = tf.getGradient('RfConv2dBias')
  const other = await copy('9.9.9')
  const message = `all copies of @rectified-flow/backends must have one version, got 9.9.9 beside ${version}, which has registered its kernels. \`npm ls @rectified-flow/backends\` says where they come from.`
  for (const name of ['wasm', 'cpu', undefined] as const)
    await expect(other.useBackend(name)).rejects.toThrow(new Error(`backends.useBackend: ${message}`))
  await expect(other.probeBackends()).rejects.toThrow(new Error(`backends.probeBackends: ${message}`))
  await expect(async () => other.registerGradients()).rejects.toThrow(
    new Error(`backends.registerGradients: ${message}`),
  )
  expect(tf.getGradient('RfConv2dBias')).toBe(gradient)
  expect(tf.getBackend()).toBe('wasm')
  const slope = tf.tidy(() =>
    tf.grad(x => conv2d(x as tf.Tensor4D, tf.ones([1, 1, 1, 2]), tf.tensor1d([1, 2])))(tf.ones([1, 1, 2, 1])),
  )
  expect([...(await slope.data())]).toEqual([2, 2])
  slope.dispose()
})
