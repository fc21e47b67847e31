import { type BackendName, useBackend } from '@rectified-flow/backends'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { WebgpuBackend } from '../../src/webgpu/backend.js'
import { isExact } from '../../src/webgpu/convolution/exact.js'
import { offeredMatrices } from '../../src/webgpu/convolution/machine.js'
import { nameOf, variants } from '../../src/webgpu/convolution/variants.js'

const original = process.env.BACKEND ?? 'cpu'
const opened = await useBackend('webgpu-software').catch((error: Error) => error)

afterAll(() => useBackend(original as BackendName))

describe.runIf(!(opened instanceof Error))('on a device that computes', () => {
  beforeAll(async () => void (await useBackend('webgpu-software')))

  it.each(
    variants.filter(({ element }) => element === 'f32').map(variant => [nameOf(variant), variant] as const),
  )('is exact: %s', async (_, variant) => {
    expect(await isExact(tf.backend() as unknown as WebgpuBackend, variant)).toBe(true)
  })

  // No device here has the feature: its shader is refused, which must not end the device's life.
  it('is not exact if the device refuses the shader', async () => {
    const byMatrices = variants.find(({ by }) => 'matrices' in by)!
    expect(await isExact(tf.backend() as unknown as WebgpuBackend, byMatrices)).toBe(false)
    expect(await tf.add(1, 2).data()).toEqual(Float32Array.of(3))
  })
})

const names = ['shader-f16', 'subgroups', 'chromium-experimental-subgroup-matrix']
const config = { componentType: 'f16', resultComponentType: 'f32', M: 16, N: 16, K: 16 }

it('takes the square matrices that an adapter offers, of float16 with sums in float32', () => {
  const offered = (features: string[], info: object) => offeredMatrices({ features: new Set(features) }, info)
  const hopper = {
    subgroupMinSize: 32,
    subgroupMaxSize: 32,
    subgroupMatrixConfigs: [{ ...config, resultComponentType: 'f16' }, config, { ...config, N: 8 }],
  }
  expect(offered(names, hopper)).toEqual([16])
  expect(offered(names.slice(1), hopper)).toEqual([])
  expect(offered(names, { ...hopper, subgroupMinSize: 16 })).toEqual([])
  expect(offered(names, { ...hopper, subgroupMatrixConfigs: undefined })).toEqual([])
})
