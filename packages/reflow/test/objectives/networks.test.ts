import {
  centralDifference,
  constant,
  createRng,
  doubleBackward,
  type JacobianVector,
} from '@rectified-flow/core'
import { Trainer } from '@rectified-flow/reflow'
import { improvedMeanFlow, type ObjectiveOptions, shortcut } from '@rectified-flow/reflow/objectives'
import { createUNet, edmAverageVelocity, type UNetConfig } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'

const config: UNetConfig = {
  imgResolution: 4,
  inChannels: 1,
  outChannels: 1,
  modelChannels: 4,
  channelMult: [1],
  numBlocks: 1,
  attnResolutions: [],
  dropout: 0.2,
  labelDim: 2,
  labelDropout: 0.2,
  times: 2,
}
const rng = createRng(3)

function network() {
  const net = createUNet(config, { rng: createRng(2) })
  // No layer of zeros, which would hide the layers before it.
  for (const [name, weight] of net.weights)
    tf.tidy(() => weight.assign(tf.add(weight, tf.mul(rng.fork(name).normal(weight.shape), 0.1))))
  return net
}

async function trained(options: ObjectiveOptions, compile: boolean) {
  const net = network()
  const trainer = new Trainer({
    ...options,
    velocity: (rng, classLabels) => edmAverageVelocity(net, { classLabels, training: { rng } }),
    weights: net.weights,
    coupling: {
      draw(step, batch) {
        const z = rng.fork('z').fork(step).normal([batch, 4, 4, 1])
        return {
          z,
          x: tf.mul<tf.Tensor4D>(z, 0.5),
          labels: tf.tidy(() => tf.tile(tf.tensor2d([[1, 0]]), [batch, 1])),
        }
      },
    },
    rng,
    batch: 4,
    microBatches: 2,
    learningRate: 1e-3,
    compile,
  })
  const steps = []
  for (let step = 0; step < 5; step++) steps.push(await trainer.advance())
  const { tensors } = await trainer.state()
  const { why } = trainer
  trainer.dispose()
  net.dispose()
  return { steps, weights: [...tensors].map(([name, { data }]) => [name, [...data]]), why }
}

it.each([
  ['improvedMeanFlow', () => improvedMeanFlow()],
  ['shortcut', () => shortcut()],
] as const)(
  'a compiled step of %s has the bits of single calls, with dropout and micro-batches',
  async (_, options) => {
    const [single, compiled] = [await trained(options(), false), await trained(options(), true)]
    expect(compiled.steps).toEqual(single.steps)
    expect(compiled.weights).toEqual(single.weights)
    const compiles = ['node', 'wasm', 'webgpu', 'webgpu-software'].includes(process.env.BACKEND ?? 'cpu')
    expect(compiled.why).toBe(compiles ? undefined : `${tf.getBackend()} compiles nothing`)
    expect(single.steps.every(({ skipped }) => !skipped)).toBe(true)
  },
)

it('calls of u in one objective share their dropout', async () => {
  const net = network()
  const u = edmAverageVelocity(net, { training: { rng: createRng(5) } })
  const x = rng.fork('x').normal([2, 4, 4, 1])
  const interval = { t: tf.tensor1d([0.7, 0.4]), r: tf.tensor1d([0.1, 0.2]) }
  const apart = tf.max(
    tf.abs(
      tf.sub(
        u(x, interval),
        constant(() => u(x, interval)),
      ),
    ),
  )
  expect((await apart.data())[0]).toBe(0)
})

// The kernels of the other backends have gradients, but those have none.
it.runIf((process.env.BACKEND ?? 'cpu') === 'cpu')(
  'both products of a U-Net agree, and the smaller step is the better one until rounding',
  async () => {
    const net = network()
    const u = edmAverageVelocity(net)
    const x = rng.fork('x').normal([4, 4, 4, 1])
    const v = rng.fork('v').normal([4, 4, 4, 1])
    const [t, r] = [tf.tensor1d([0.9, 0.7, 0.5, 0.3]), tf.tensor1d([0, 0.2, 0.49, 0.1])]
    const product = (way: JacobianVector) =>
      way(([x, t]) => u(x as tf.Tensor4D, { t: t as tf.Tensor1D, r }), [x, t], [v, tf.onesLike(t)])
    const exact = product(doubleBackward)
    const error = async (step?: number) => {
      const difference = product(centralDifference(step === undefined ? {} : { step }))
      const share = tf.div(tf.norm(tf.sub(difference, exact)), tf.norm(exact))
      return (await share.data())[0]!
    }
    const errors = [await error(0.1), await error(), await error(1e-5)]
    expect(errors[1]).toBeLessThan(1e-3)
    expect(errors[0]).toBeGreaterThan(errors[1]!)
    expect(errors[2]).toBeGreaterThan(errors[1]!)
  },
)
