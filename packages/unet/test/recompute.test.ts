import { createRng } from '@rectified-flow/core'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { exact, expectClose, sum } from '@rectified-flow/tools/matchers'
import { createUNet, type UNet, type UNetConfig } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { perturbed, small } from './small-net.js'

const dhariwal: UNetConfig = {
  type: 'dhariwal',
  imgResolution: 8,
  inChannels: 1,
  outChannels: 1,
  labelDim: 3,
  modelChannels: 8,
  channelMult: [1, 2],
  numBlocks: 1,
  attnResolutions: [4],
  dropout: 0.2,
}
const rng = createRng(4)
const x = () => rng.fork('x').normal([2, 8, 8, 1])
const noise = () => rng.fork('noise').normal([2])

/** Value and gradients of a loss, by the weights' names, and of the image. */
function gradients(net: UNet, image: tf.Variable, recompute: boolean) {
  const c = noise()
  const { value, grads } = tf.variableGrads(() => {
    const out = net.forward(image as unknown as tf.Tensor4D, c, {
      training: { rng: createRng(5), recompute },
    })
    return tf.sum(tf.square(out)) as tf.Scalar
  })
  c.dispose()
  return { value, grads }
}

describe.each<[string, UNetConfig]>([
  ['SongUNet', small],
  ['DhariwalUNet', dhariwal],
])('recompute in %s', (_, config) => {
  it('gives the same loss and the same gradients of weights and image, with dropout', async () => {
    const net = perturbed(createUNet(config, { rng: createRng(1) }))
    const image = tf.variable(x())
    const [kept, again] = [gradients(net, image, false), gradients(net, image, true)]
    await expectClose(again.value, kept.value, exact)
    expect(Object.keys(again.grads).sort()).toEqual(Object.keys(kept.grads).sort())
    expect(image.name in again.grads).toBe(true)
    for (const [name, gradient] of Object.entries(kept.grads)) {
      const scale = Math.max(...gradient.dataSync().map(Math.abs), 1e-6)
      await expectClose(tf.div(again.grads[name]!, scale), tf.div(gradient, scale), sum)
    }
  })

  it('leaves no tensor behind, with and without a gradient', async () => {
    const net = createUNet(config, { rng: createRng(1) })
    const [image, c] = [x(), noise()]
    const variable = tf.variable(image)
    await expectNoLeak(() => {
      const { value, grads } = gradients(net, variable, true)
      tf.dispose([value, ...Object.values(grads)])
    })
    const training = { rng: createRng(5), recompute: true }
    await expectNoLeak(() => net.forward(image, c, { training }).dispose())
  })
})

it('recompute keeps less between the passes', () => {
  const net = createUNet({ ...small, numBlocks: 3 }, { rng: createRng(1) })
  const [image, c] = [x(), noise()]
  const kept = [false, true].map(recompute => {
    let bytes = 0
    const { value, grads } = tf.variableGrads(() => {
      const before = tf.memory().numBytes
      const out = net.forward(image, c, { training: { rng: createRng(5), recompute } })
      bytes = tf.memory().numBytes - before
      return tf.sum(out) as tf.Scalar
    })
    tf.dispose([value, ...Object.values(grads)])
    return bytes
  })
  expect(kept[1]).toBeLessThan(0.5 * kept[0]!)
})
