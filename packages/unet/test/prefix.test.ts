import { type HostTensor, UnreadTensor, writeSafetensors } from '@rectified-flow/checkpoints'
import { createRng } from '@rectified-flow/core'
import { createUNet, loadUNet, loadWeights, SongUNet, saveWeights, stateDict } from '@rectified-flow/unet'
import { describe, expect, it } from 'vitest'
import { tiny as config } from './small-net.js'

const seeded = (seed: number) => new SongUNet(config, { rng: createRng(seed) })
const under = (prefix: string, tensors: Map<string, HostTensor>): [string, HostTensor][] =>
  [...tensors].map(([name, tensor]) => [prefix + name, tensor])
const one: HostTensor = { dtype: 'F32', shape: [1], data: Float32Array.of(1) }
const nothing = { missing: [], unexpected: [], mismatched: [] }

describe('a prefix that is found', () => {
  it.each([
    '',
    'model.',
    'module.',
    '_orig_mod.',
    'ema.',
    'model_state_dict.',
    'module._orig_mod.',
    'model_state_dict.module.model.',
    '.',
    '0.',
    'state.ema_0.999.',
  ])("'%s'", async prefix => {
    const want = await saveWeights(seeded(1))
    const net = seeded(2)
    expect(loadWeights(net, new Map(under(prefix, want)))).toEqual(nothing)
    expect(await saveWeights(net)).toEqual(want)
  })

  it('leaves what is beside the network: an optimizer, a table of noise levels', async () => {
    const tensors = new Map([
      ...under('module.model.', await saveWeights(seeded(1))),
      ['module.u', one] as const,
      ['optimizer.state.0.exp_avg', one] as const,
      ['step', one] as const,
    ])
    expect(loadWeights(seeded(2), tensors)).toEqual(nothing)
  })

  it('is the one with the most names if none has all', async () => {
    const tensors = new Map(under('ema.', await saveWeights(seeded(1))))
    tensors.delete('ema.map_layer1.bias')
    tensors.set('map_layer0.bias', one)
    expect(() => createUNet(config, { tensors })).toThrow(
      'unet.SongUNet: tensors must match the network, got 1 missing: map_layer1.bias. Check the configuration and the prefix.',
    )
  })
})

describe('several networks in one file', () => {
  const both = async () =>
    new Map([
      ...under('model.', await saveWeights(seeded(1))),
      ...under('ema.', await saveWeights(seeded(2))),
    ])

  it('needs a prefix', async () => {
    const tensors = await both()
    expect(() => createUNet(config, { tensors })).toThrow(
      new RangeError(
        "unet.SongUNet: tensors must have the network once, got it under 2 prefixes: ['model.','ema.']. Choose one with prefix.",
      ),
    )
  })

  it.each(['ema.', 'ema'])("takes the prefix '%s', and leaves the other alone", async prefix => {
    const net = createUNet(config, { tensors: await both(), prefix })
    expect(await stateDict(net.weights)).toEqual(await stateDict(seeded(2).weights))
  })
})

it('loadUNet finds the prefix too', async () => {
  const metadata = { format: 'rectified-flow/song-unet', config: JSON.stringify(config) }
  const bytes = writeSafetensors(new Map(under('module.', await saveWeights(seeded(1)))), metadata)
  expect(await stateDict(loadUNet(bytes).weights)).toEqual(await stateDict(seeded(1).weights))
})

it('lists the first few names, in less than 1,000 characters', async () => {
  const big = { ...config, modelChannels: 8, channelMult: [1, 1], numBlocks: 20 }
  const tensors = new Map(Array.from({ length: 500 }, (_, i) => ['x'.repeat(300) + i, one]))
  const error = (() => {
    try {
      return createUNet(big, { tensors })
    } catch (error) {
      return error
    }
  })()
  expect((error as Error).message).toMatch(
    /^unet\.SongUNet: tensors must match the network, got \d{3} missing: map_layer0\.weight, map_layer0\.bias, map_layer1\.weight and \d{3} more; 500 unexpected: x{100}\.\.\., x{100}\.\.\., x{100}\.\.\. and 497 more\. Check the configuration and the prefix\.$/,
  )
  expect((error as Error).message.length).toBeLessThan(1000)
})

it('names a tensor that could not be read, and loads nothing', async () => {
  const net = seeded(1)
  const before = await saveWeights(net)
  const tensors = await saveWeights(seeded(2))
  const { shape } = tensors.get('map_layer1.bias')!
  tensors.set(
    'map_layer1.bias',
    new UnreadTensor('F8_E4M3', shape, "'map_layer1.bias' must be read, got F8_E4M3."),
  )
  expect(() => loadWeights(net, tensors)).toThrow("'map_layer1.bias' must be read, got F8_E4M3.")
  expect(await saveWeights(net)).toEqual(before)
})

describe('a configuration from a file', () => {
  const file = (text: string) =>
    writeSafetensors(new Map(), { format: 'rectified-flow/song-unet', config: text })
  it.each([
    ['null', "unet.readConfig: the metadata's config must be a JSON object, got 'null'."],
    ['[1]', "unet.readConfig: the metadata's config must be a JSON object, got '[1]'."],
    ['3', "unet.readConfig: the metadata's config must be a JSON object, got '3'."],
    [
      JSON.stringify({ ...config, numBlocks: 1e9 }),
      'unet.SongUNet: numBlocks must be an integer in [1, 1000], got 1000000000.',
    ],
    [
      JSON.stringify({ ...config, labelDim: 2e8 }),
      'unet.SongUNet: labelDim must be an integer in [0, 1048576], got 200000000.',
    ],
    [
      JSON.stringify({ ...config, channelMult: [1e9] }),
      'unet.SongUNet: channelMult must be a list of 1 or more integers in [1, 65536], got [1000000000].',
    ],
    [
      JSON.stringify({ ...config, imgResolution: 2 ** 40, channelMult: new Array(41).fill(1) }),
      'unet.SongUNet: imgResolution must be an integer in [1, 65536], got 1099511627776.',
    ],
    [
      JSON.stringify({ ...config, resampleFilter: new Array(1e5).fill(1) }),
      'unet.SongUNet: resampleFilter must have an even number of taps, at most 64, got 100000.',
    ],
  ])('%s', (text, message) => {
    expect(() => loadUNet(file(text))).toThrow(message)
  })
})
