import { encodeOnnx, toOnnx } from '@rectified-flow/backends/onnx'
import { createRng, type Field } from '@rectified-flow/core'
import { expectClose } from '@rectified-flow/tools/matchers'
import { runOnnx } from '@rectified-flow/tools/run-onnx'
import {
  createUNet,
  edm,
  edmAverageVelocity,
  edmVelocity,
  guided,
  iddpm,
  networkVelocity,
  type UNetConfig,
  ve,
  vp,
} from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import { it } from 'vitest'
import { perturbed, small } from './small-net.js'

const classes = { ...small, augmentDim: 0 }
const plain = { imgResolution: 8, inChannels: 3, outChannels: 3, modelChannels: 8, channelMult: [1, 2] }
const few = { ...plain, numBlocks: 1, attnResolutions: [4], labelDim: 3 }

/** Every option that changes what a network computes is in one of these. */
const networks: Record<string, UNetConfig> = {
  'DDPM++': few,
  'without classes': { ...few, labelDim: 0 },
  'NCSN++': {
    ...few,
    embeddingType: 'fourier',
    channelMultNoise: 2,
    encoderType: 'residual',
    resampleFilter: [1, 3, 3, 1],
  },
  'skips of the image both ways': { ...few, encoderType: 'skip', decoderType: 'skip', skipScale: 1 },
  'a decoder with skips, and augmentation labels': small,
  ADM: { ...few, type: 'dhariwal', modelChannels: 16 },
  'ADM without classes': { ...few, type: 'dhariwal', labelDim: 0, augmentDim: 2 },
}

interface Given {
  x: tf.Tensor
  labels?: tf.Tensor
}

/** onnxruntime must give what a field gives at a time, to 1e-5 of the largest number. */
async function expectParity(config: UNetConfig, fieldOf: (labels?: tf.Tensor2D) => Field): Promise<void> {
  const { imgResolution: side, inChannels: channels, labelDim = 0 } = config
  const fn = ({ x, labels }: Given) => {
    const t = tf.fill([x.shape[0]!], 0.6) as tf.Tensor1D
    return { y: fieldOf(labels as tf.Tensor2D)(x, t) }
  }
  const model = await toOnnx(fn, {
    x: ['B', side, side, channels],
    ...(labelDim > 0 && { labels: ['B', labelDim] as const }),
  })
  const rng = createRng(5)
  const x = rng.normal([3, side, side, channels])
  const inputs: Record<string, tf.Tensor> = labelDim > 0 ? { x, labels: rng.uniform([3, labelDim]) } : { x }
  const { y: expected } = tf.tidy(() => fn(inputs as unknown as Given))
  const { y } = await runOnnx(encodeOnnx(model), inputs)
  const largest = Math.max(...(await tf.max(tf.abs(expected)).data()))
  await expectClose(y!, expected, { rtol: 0, atol: 1e-5 * Math.max(largest, 1) })
}

const netOf = (config: UNetConfig) => perturbed(createUNet(config, { rng: createRng(1) }))

it.each(Object.entries(networks))('a network is the same in onnxruntime: %s', async (_, config) => {
  const net = netOf(config)
  await expectParity(config, classLabels => edmVelocity(net, { classLabels }))
  net.dispose()
})

it.each([edm({ sigmaData: 0.7 }), vp(), ve(), iddpm()])('and in the form $name', async preconditioner => {
  const net = netOf(few)
  await expectParity(few, classLabels => networkVelocity(net, preconditioner, { classLabels }))
  net.dispose()
})

it('and with two times', async () => {
  const net = netOf({ ...few, times: 2 })
  await expectParity(
    few,
    classLabels => (x, t) =>
      edmAverageVelocity(net, { classLabels })(x as tf.Tensor4D, { t, r: tf.mul(t, 0.5) }),
  )
  net.dispose()
})

it('and guided by itself', async () => {
  const net = netOf(classes)
  const options = { scale: 2, interval: [0.2, 0.8], rescale: 0.7 } as const
  await expectParity(classes, classLabels =>
    guided(edmVelocity(net, { classLabels }), edmVelocity(net), options),
  )
  net.dispose()
})
