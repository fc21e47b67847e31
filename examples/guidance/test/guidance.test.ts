import { createRng, oneHot } from '@rectified-flow/core'
import { drawFaces } from '@rectified-flow/datasets/node'
import { featureStatistics } from '@rectified-flow/eval-fid'
import { readFaceFeatures } from '@rectified-flow/eval-fid/node'
import { expectClose, f32 } from '@rectified-flow/tools/matchers'
import { edmVelocity, SongUNet, type SongUNetConfig } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'
import { trainGuide } from '../guide.js'
import { measure, velocityOf } from '../measure.js'

const config: SongUNetConfig = {
  ...{ imgResolution: 16, inChannels: 3, outChannels: 3, labelDim: 8, labelDropout: 0.1 },
  ...{ modelChannels: 8, channelMult: [1], numBlocks: 1, attnResolutions: [], dropout: 0 },
}

it('trains a guide on faces, and measures what it guides', async () => {
  const net = new SongUNet(config, { rng: createRng(1) })
  const guide = await trainGuide(config, await drawFaces({ count: 8 }), { modelChannels: 4, steps: 2, batch: 4, learningRate: 1e-3 }) // biome-ignore format: one line
  expect(guide.config).toMatchObject({ modelChannels: 4, labelDim: 8, labelDropout: 0.1 })
  const classLabels = oneHot([0, 5], 8)
  const [x, t] = [createRng(2).normal([2, 16, 16, 3]), tf.tensor1d([0.5, 0.9])]
  const [f, g] = [net, guide].map(one => edmVelocity(one, { classLabels })(x, t)) as [tf.Tensor, tf.Tensor]
  const at = (scale: number) => velocityOf({ net, guide, options: { scale } }, classLabels)(x, t)
  await expectClose(at(1), f, f32)
  await expectClose(at(3), tf.add(g, tf.mul(3, tf.sub(f, g))), { rtol: 1e-4, atol: 1e-5 })
  const features = await readFaceFeatures()
  const { x: faces } = (await drawFaces({ split: 'test', count: 16 })).batch([...Array(16).keys()])
  const real = await featureStatistics(features, [faces])
  const found = await measure({ net, guide, options: { scale: 2 } }, { features, real, count: 4, steps: 2 })
  expect(found.shown).toBeLessThan(1)
  expect(found.frechet).toBeGreaterThan(0)
  features.dispose()
})
