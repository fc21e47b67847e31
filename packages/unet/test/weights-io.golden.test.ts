import { exact, expectClose } from '@rectified-flow/tools/matchers'
import {
  configFromReference,
  createUNet,
  loadWeights,
  saveWeights,
  stateDict,
  weightShapes,
} from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { Golden, goldenJson } from './golden.js'
import { randomNet, small } from './small-net.js'

type Published = Record<string, { num_params: number; config: Record<string, unknown> }>
const published = goldenJson<Published>('unet/published-configs.json')
const count = (shapes: Map<string, number[]>) =>
  [...shapes.values()].reduce((total, shape) => total + shape.reduce((a, b) => a * b, 1), 0)
const isBuffer = (name: string) => /resample_filter$|freqs$/.test(name)

describe('published networks', () => {
  it.each(['cifar10_ve_aug', 'imagenet64'])(
    '%s: every name and shape, in the order of the checkpoint',
    name => {
      const { config, num_params } = published[`${name}.json`]!
      const shapes = weightShapes(configFromReference(config))
      const keys = goldenJson<Record<string, number[]>>(`unet/${name}.keys.json`)
      const expected = Object.entries(keys).filter(([name]) => !isBuffer(name))
      // conv [O,I,h,w] and linear [O,I] there, [h,w,I,O] and [I,O] here
      const here = (shape: number[]) => (shape.length < 2 ? shape : [...shape.slice(2), shape[1], shape[0]])
      expect([...shapes]).toEqual(
        expected.map(([name, shape]) => [name.replace(/^model\./, ''), here(shape)]),
      )
      expect(count(shapes)).toBe(num_params)
    },
  )

  it('parameter counts', () => {
    for (const { config, num_params } of Object.values(published))
      expect(count(weightShapes(configFromReference(config)))).toBe(num_params)
    // EDM, table 7: DDPM++ for CIFAR-10, without augmentation labels
    const ddpmpp = { imgResolution: 32, inChannels: 3, outChannels: 3, channelMult: [2, 2, 2] }
    expect(count(weightShapes(ddpmpp))).toBe(55_732_739)
  })
})

describe('saveWeights and loadWeights', () => {
  it('give back exactly what the reference stored', async () => {
    const golden = new Golden('unet/song-ncsnpp.safetensors')
    const stored = golden.section('param/')
    const saved = await saveWeights(golden.net())
    expect([...saved.keys()].sort()).toEqual([...stored.keys()].sort())
    for (const [name, { shape, data }] of stored) {
      expect(saved.get(name)?.shape).toEqual(shape)
      expect(saved.get(name)?.data).toEqual(data)
    }
  })

  it('round trip between networks, and save other weights in place of the own', async () => {
    const [a, b] = [randomNet(small, 1), randomNet(small, 2)]
    loadWeights(b, await saveWeights(a))
    for (const [name, value] of a.weights) await expectClose(b.weights.get(name) as tf.Tensor, value, exact)
    await expectClose(
      b.buffers.get('map_noise.freqs') as tf.Tensor,
      a.buffers.get('map_noise.freqs') as tf.Tensor,
      exact,
    )

    const ema = new Map(Array.from(a.weights, ([name, value]) => [name, tf.variable(tf.zerosLike(value))]))
    const saved = await saveWeights(a, { weights: ema })
    expect(saved.get('map_layer0.weight')?.data.every(value => value === 0)).toBe(true)
    expect((await stateDict(ema)).size).toBe(ema.size)
  })

  it.each(['model.', 'net.'])("reads the prefix '%s'", async prefix => {
    const net = randomNet()
    const tensors = new Map(Array.from(await saveWeights(net), ([name, tensor]) => [prefix + name, tensor]))
    const report = { missing: [], unexpected: [], mismatched: [] }
    expect(loadWeights(net, tensors, { prefix })).toEqual(report)
    // EDM's and rfpp's prefix is found, also with the table of levels that iDDPM's preconditioner stores beside it.
    tensors.set('u', { dtype: 'F32', shape: [1], data: Float32Array.of(0) })
    if (prefix === 'model.') expect(loadWeights(net, tensors)).toEqual(report)
  })

  it('make a network from tensors', async () => {
    const net = randomNet()
    const made = createUNet(small, { tensors: await saveWeights(net) })
    for (const [name, value] of net.weights)
      await expectClose(made.weights.get(name) as tf.Tensor, value, exact)
    expect([...made.buffers.values()].some(({ trainable }) => trainable)).toBe(false)
    expect(() => createUNet(small, { tensors: new Map() })).toThrow(
      /^unet.SongUNet: tensors must match the network, got \d+ missing: map_noise.freqs, map_label.weight/,
    )
  })
})

describe('what does not fit', () => {
  const broken = async () => {
    const tensors = await saveWeights(randomNet(small, 2))
    tensors.delete('map_layer1.bias')
    tensors.set('other', { dtype: 'F32', shape: [1], data: Float32Array.of(1) })
    tensors.set('map_layer0.bias', { dtype: 'F32', shape: [2], data: Float32Array.of(1, 2) })
    const filter = tensors.get('dec.8x8_aux_up.resample_filter')!
    tensors.set('dec.8x8_aux_up.resample_filter', {
      ...filter,
      shape: [1, 1, 2, 2],
      data: new Float32Array(4).fill(0.25),
    })
    return tensors
  }

  it('is listed in one message, and nothing is loaded', async () => {
    const net = randomNet()
    const before = await stateDict(net.weights)
    const tensors = await broken()
    expect(() => loadWeights(net, tensors)).toThrow(
      new RangeError(
        'unet.loadWeights: tensors must match the network, got 1 missing: map_layer1.bias; 1 unexpected: other; ' +
          '2 mismatched: map_layer0.bias ([2] for [32]), dec.8x8_aux_up.resample_filter ' +
          '(another [1,1,2,2] for resampleFilter [1,3,3,1]). Check the configuration and the prefix, or pass strict: false.',
      ),
    )
    expect(await stateDict(net.weights)).toEqual(before)
  })

  it('is reported when not strict, and the rest is loaded', async () => {
    const net = randomNet()
    const tensors = await broken()
    const report = loadWeights(net, tensors, { strict: false })
    expect(report.missing).toEqual(['map_layer1.bias'])
    expect(report.unexpected).toEqual(['other'])
    expect(report.mismatched.map(({ name }) => name)).toEqual([
      'map_layer0.bias',
      'dec.8x8_aux_up.resample_filter',
    ])
    const saved = await saveWeights(net)
    expect(saved.get('map_layer1.weight')).toEqual(tensors.get('map_layer1.weight'))
  })
})
