import { createRng } from '@rectified-flow/core'
import {
  configFromEdm,
  configFromReference,
  createUNet,
  networkDenoiser,
  presets,
  type UNetConfig,
  weightShapes,
} from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { goldenJson } from './golden.js'

describe('configFromReference', () => {
  const json = { img_resolution: 8, in_channels: 1, out_channels: 1 }

  it('keeps what is given and leaves the rest to the defaults', () => {
    expect(configFromReference(json)).toEqual({
      type: 'song',
      imgResolution: 8,
      inChannels: 1,
      outChannels: 1,
    })
    expect(configFromReference({ ...json, unet_type: 'adm', num_blocks: 2 })).toMatchObject({
      type: 'dhariwal',
      numBlocks: 2,
    })
  })

  it('lists all problems in one message', () => {
    const wrong = {
      unet_type: 'adm',
      img_resolution: '8',
      in_channels: 3,
      depth: 3,
      encoder_type: 'standard',
    }
    expect(() => configFromReference(wrong)).toThrow(
      new RangeError(
        "unet.configFromReference: out_channels must be given, got undefined; img_resolution must be an integer >= 1, got '8'; " +
          "keys must be the reference's, got 'depth'; keys must be the reference's, got 'encoder_type'.",
      ),
    )
    expect(() => configFromReference({ ...json, unet_type: 'dit' })).toThrow(
      new RangeError("unet.configFromReference: unet_type must be one of songunet, adm, got 'dit'."),
    )
    expect(() => configFromReference({ ...json, channel_mult: [1, 'x'], dropout: 2 })).toThrow(
      new RangeError(
        "unet.configFromReference: channel_mult must be a list of integers >= 1, got [1,'x']; dropout must be a number in [0, 1], got 2.",
      ),
    )
  })
})

describe('presets', () => {
  type Published = Record<string, { config: Record<string, unknown> }>
  const published = goldenJson<Published>('unet/published-configs.json')
  it.each<[keyof typeof presets, string]>([
    ['cifar10', 'cifar10_ve_aug.json'],
    ['afhq64', 'afhq64_ve_aug.json'],
    ['ffhq64', 'ffhq64_ve_aug.json'],
    ['imagenet64', 'imagenet64.json'],
  ])('%s is the published network', (name, file) => {
    const expected = configFromReference(published[file]?.config ?? {})
    expect(expected).toMatchObject(presets[name])
    expect([...weightShapes(presets[name])]).toEqual([...weightShapes(expected)])
  })
})

describe('configFromEdm', () => {
  const net = { model_channels: 16, channel_mult: [1, 1], num_blocks: 1, attn_resolutions: [] }
  const kwargs = { img_resolution: 8, img_channels: 3, label_dim: 0, use_fp16: false, ...net }

  it.each<[string, object, UNetConfig['type'], number]>([
    ['EDMPrecond', { sigma_min: 0, sigma_data: 0.5, model_type: 'SongUNet', augment_dim: 9 }, 'song', 3],
    ['VPPrecond', { beta_d: 19.9, beta_min: 0.1, M: 1000, epsilon_t: 1e-5 }, 'song', 3],
    ['VEPrecond', { sigma_min: 0.02, sigma_max: 100, encoder_type: 'residual' }, 'song', 3],
    ['iDDPMPrecond', { C_1: 0.001, C_2: 0.008, M: 1000 }, 'dhariwal', 6],
  ])('%s', (className, more, type, outChannels) => {
    const { config, preconditioner } = configFromEdm({ className, kwargs: { ...kwargs, ...more } })
    expect(config).toMatchObject({ type, outChannels, inChannels: 3, modelChannels: 16 })
    expect(`${preconditioner.name}precond`).toBe(className.toLowerCase())
    const denoise = networkDenoiser(createUNet(config, { rng: createRng(1) }), preconditioner)
    expect(denoise(tf.ones([2, 8, 8, 3]), tf.tensor1d([0.1, 3])).shape).toEqual([2, 8, 8, 3])
  })

  it('refuses unknown classes and keywords', () => {
    expect(() => configFromEdm({ className: 'Precond', kwargs })).toThrow(
      "unet.configFromEdm: className must be one of EDMPrecond, VPPrecond, VEPrecond, iDDPMPrecond, got 'Precond'.",
    )
    expect(() => configFromEdm({ className: 'EDMPrecond', kwargs: { ...net, channels: 1 } })).toThrow(
      new RangeError(
        "unet.configFromEdm: img_resolution must be given, got undefined; in_channels must be given, got undefined; out_channels must be given, got undefined; keys must be the reference's, got 'channels'.",
      ),
    )
  })
})
