import { writeSafetensors } from '@rectified-flow/checkpoints'
import { createRng } from '@rectified-flow/core'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { exact, expectClose } from '@rectified-flow/tools/matchers'
import { createUNet, DhariwalUNet, loadUNet, SongUNet, saveUNet } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'
import { tiny as config } from './small-net.js'

it('comes back with its configuration and weights', async () => {
  const net = new SongUNet(config, { rng: createRng(1) })
  const back = loadUNet(await saveUNet(net))
  expect(back.config).toEqual(net.config)
  const [x, noise] = [createRng(2).normal([2, 4, 4, 1]), tf.tensor1d([0.1, 0.2])]
  await expectClose(back.forward(x, noise), net.forward(x, noise), exact)
})

it('tells the networks apart', async () => {
  const net = createUNet({ type: 'dhariwal', ...config, modelChannels: 8 }, { rng: createRng(1) })
  const back = loadUNet(await saveUNet(net))
  expect(back).toBeInstanceOf(DhariwalUNet)
  expect(back.config).toEqual(net.config)
})

it('saves other weights in place of its own', async () => {
  const net = new SongUNet(config, { rng: createRng(1) })
  const other = new SongUNet(config, { rng: createRng(3) })
  const back = loadUNet(await saveUNet(net, { weights: other.weights }))
  for (const [name, weight] of other.weights) await expectClose(back.weights.get(name)!, weight, exact)
})

it('halves a file whose weights are half-precision', async () => {
  const net = new SongUNet({ ...config, modelChannels: 16 }, { rng: createRng(1) })
  const [whole, half] = [await saveUNet(net), await saveUNet(net, { dtype: 'F16' })]
  expect(half.length).toBeLessThan(0.6 * whole.length)
  const back = loadUNet(half)
  for (const [name, weight] of net.weights)
    await expectClose(back.weights.get(name)!, weight, { atol: 1e-6, rtol: 2 ** -11 })
  await expect(saveUNet(net, { dtype: 'BF16' as never })).rejects.toThrow(
    "unet.saveUNet: dtype must be one of F32, F16, got 'BF16'.",
  )
})

it('leaks nothing, even if the weights do not fit', async () => {
  const bytes = await saveUNet(new SongUNet(config, { rng: createRng(1) }))
  const empty = writeSafetensors(new Map(), {
    format: 'rectified-flow/song-unet',
    config: JSON.stringify(config),
  })
  await expectNoLeak(() => {
    loadUNet(bytes).dispose()
    expect(() => loadUNet(empty)).toThrow('missing')
  })
})

it('refuses other files by name', async () => {
  const bytes = (metadata: Record<string, string>) => writeSafetensors(new Map(), metadata)
  expect(() => loadUNet(bytes({}))).toThrow(
    'unet.loadUNet: bytes must be a file of saveUNet, got no format in its metadata. ' +
      'Weights alone go through createUNet(config, { tensors }).',
  )
  expect(() => loadUNet(bytes({ format: 'rectified-flow/song-unet', config: '{' }))).toThrow(
    "unet.readConfig: the metadata's config must be a JSON object, got '{'.",
  )
  expect(() => loadUNet(bytes({ format: 'rectified-flow/song-unet' }))).toThrow(
    "unet.loadUNet: the metadata must hold the network's configuration, got no 'config'.",
  )
})
