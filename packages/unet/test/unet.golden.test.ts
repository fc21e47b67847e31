import { readPth, toFloat32 } from '@rectified-flow/checkpoints'
import { createUNet, edmDenoiser, edmVelocity, stateDict, velocity } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { Golden, goldenBytes, relativeError } from './golden.js'

const TOLERANCE = 1e-4

describe.each(['song-ddpmpp', 'song-ncsnpp', 'song-skip', 'adm'])('%s', file => {
  const golden = new Golden(`unet/${file}.safetensors`)
  const labels = () => ({
    ...(golden.has('class_labels') && { classLabels: golden.tensor<tf.Tensor2D>('class_labels') }),
    ...(golden.has('augment_labels') && { augmentLabels: golden.tensor<tf.Tensor2D>('augment_labels') }),
  })

  const classes = () => ({ classLabels: labels().classLabels })

  it('raw network', () => {
    const net = golden.net()
    const out = net.forward(golden.tensor('x'), golden.tensor<tf.Tensor1D>('noise_labels'), labels())
    expect(relativeError(out, golden.tensor('out/raw'))).toBeLessThan(TOLERANCE)
    if (golden.has('out/raw_noaug')) {
      const plain = net.forward(golden.tensor('x'), golden.tensor<tf.Tensor1D>('noise_labels'))
      expect(relativeError(plain, golden.tensor('out/raw_noaug'))).toBeLessThan(TOLERANCE)
    }
  })

  it('EDM denoiser', () => {
    const denoise = edmDenoiser(golden.net(), labels())
    const out = denoise(golden.tensor('edm_x'), golden.tensor<tf.Tensor1D>('sigma'))
    expect(relativeError(out, golden.tensor('out/edm_D'))).toBeLessThan(TOLERANCE)
  })

  // At t = 1e-5 the reference subtracts two nearly equal float32 numbers and divides by t. Rounding x then changes the
  // velocity by some 0.6 %, and only the same subtraction gives the same numbers.
  it.each([
    ['t', 'out/velocity'],
    ['t_edge', 'out/velocity_edge'],
  ])('velocity of the denoiser at %s', (time, expected) => {
    const field = velocity(edmDenoiser(golden.net(), classes()))
    const out = field(golden.tensor('x'), golden.tensor<tf.Tensor1D>(time))
    expect(relativeError(out, golden.tensor(expected))).toBeLessThan(TOLERANCE)
  })

  it('velocity in closed form', () => {
    const field = edmVelocity(golden.net(), classes())
    const out = field(golden.tensor('x'), golden.tensor<tf.Tensor1D>('t'))
    expect(relativeError(out, golden.tensor('out/velocity'))).toBeLessThan(TOLERANCE)
  })

  it('velocity in closed form at the edges, to the rounding of the reference', () => {
    const [x, t] = [golden.tensor('x'), golden.tensor<tf.Tensor1D>('t_edge')]
    const out = edmVelocity(golden.net(), classes())(x, t)
    const rounding = tf.div(2 ** -22 * Math.max(...x.dataSync().map(Math.abs)), t)
    const worst = tf.max(tf.abs(tf.sub(out, golden.tensor('out/velocity_edge'))), [1, 2, 3])
    const largest = tf.max(tf.abs(golden.tensor('out/velocity_edge')))
    expect(tf.all(tf.less(worst, tf.add(tf.mul(largest, TOLERANCE), rounding))).dataSync()[0]).toBe(1)
  })

  if (golden.has('loss'))
    it('gradients of weights', async () => {
      const net = golden.net()
      const { value, grads } = tf.variableGrads(() => {
        const noise = golden.tensor<tf.Tensor1D>('noise_labels')
        return tf.mean(tf.square(net.forward(golden.tensor('x'), noise, labels()))) as tf.Scalar
      })
      expect(relativeError(value, golden.tensor('loss'))).toBeLessThan(TOLERANCE)

      const named = new Map<string, tf.Variable>()
      for (const [name, { name: id }] of net.weights) named.set(name, tf.variable(grads[id]!))
      const state = await stateDict(named)
      for (const [name, gradient] of golden.section('grad/')) {
        const [actual, expected] = [toFloat32(state.get(name)!), toFloat32(gradient)]
        const difference = Math.hypot(...expected.map((value, i) => value - actual[i]!))
        expect(difference, name).toBeLessThan(1e-3 * Math.hypot(...expected) + 1e-6)
      }
    })
})

it.each(['', '-legacy'])('song-ncsnpp%s.pth gives the same velocity', async format => {
  const golden = new Golden('unet/song-ncsnpp.safetensors')
  const tensors = await readPth(goldenBytes(`unet/song-ncsnpp${format}.pth`))
  const net = createUNet(golden.net().config, { tensors })
  const out = edmVelocity(net)(golden.tensor('x'), golden.tensor<tf.Tensor1D>('t'))
  expect(relativeError(out, golden.tensor('out/velocity'))).toBeLessThan(TOLERANCE)
})
