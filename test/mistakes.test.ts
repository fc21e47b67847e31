import { adamEma, squareSums } from '@rectified-flow/backends'
import { toFloat32, writeNpz, writeSafetensors } from '@rectified-flow/checkpoints'
import { createRng, oneHot, recompute, tapedGradients, vectorJacobian } from '@rectified-flow/core'
import { batches, parseIdx } from '@rectified-flow/datasets'
import { openImages, writePngGrid } from '@rectified-flow/datasets/node'
import { collectFeatures, kernelDistance, measureImages } from '@rectified-flow/eval-fid'
import {
  adaptiveWeight,
  backboneShapes,
  lpipsHuber,
  squaredL2,
  TimeBins,
} from '@rectified-flow/losses-lpips-huber'
import { solve } from '@rectified-flow/ode'
import { independentCoupling, prefetch, sample, sampleEdm, Trainer } from '@rectified-flow/reflow'
import { train } from '@rectified-flow/reflow/node'
import { uniform, uShaped } from '@rectified-flow/timestep-dists'
import { edmVelocity, guided, loadUNet, SongUNet, saveUNet } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it, vi } from 'vitest'

const rng = createRng(0)
const no = undefined as never
/** A value of another kind, as a program in JavaScript may pass it. */
const wrong = (value: unknown) => value as never
const field = (x: tf.Tensor) => tf.neg(x)
const config = {
  imgResolution: 4,
  inChannels: 1,
  outChannels: 1,
  modelChannels: 4,
  channelMult: [1],
  numBlocks: 1,
}
const points = () => tf.ones<tf.Rank.R2>([4, 2])

/** A trainer of points, in which one part is another. */
function trainerWith(other: object) {
  const weight = tf.variable(tf.scalar(1))
  return new Trainer({
    velocity: () => x => tf.mul(x, weight),
    weights: new Map([['w', weight]]),
    coupling: independentCoupling(points(), { rng }),
    timesteps: uniform(),
    premetric: squaredL2,
    batch: 2,
    compile: false,
    rng,
    ...other,
  })
}
const advance = (other: object) => trainerWith(other).advance()

const mistakes: [string, () => unknown, string][] = [
  [
    'activations of no function',
    () => recompute(no, []),
    'core.recompute: f must be a function, got undefined.',
  ],
  [
    'the gradient of a value',
    () => vectorJacobian(wrong(points()), [], points()),
    'core.vectorJacobian: f must be a function, got a Tensor.',
  ],
  [
    'the gradient by no tensors',
    () => tapedGradients(() => points(), no, points()),
    'core.tapedGradients: by must be a list of tensors, got undefined.',
  ],
  [
    'no tensors for an .npz file',
    () => writeNpz(no),
    'checkpoints.writeNpz: tensors must be tensors by name, in a Map or an object, got undefined.',
  ],
  [
    'no tensors for a safetensors file',
    () => writeSafetensors(no),
    'checkpoints.writeSafetensors: tensors must be tensors by name, in a Map or an object, got undefined.',
  ],
  [
    'the numbers of no tensor',
    () => toFloat32(no),
    'checkpoints.toFloat32: tensor must be a tensor of a file, { dtype, shape, data }, got undefined.',
  ],
  [
    'the squares of one tensor',
    () => squareSums(no),
    'backends.squareSums: tensors must be a list of tensors, got undefined.',
  ],
  [
    'a step of no slots',
    () => adamEma(no, [], { step: 1, learningRate: 1 }),
    'backends.adamEma: slots must be a list of { weight, m, v, ema }, got undefined.',
  ],
  [
    'losses of no bins',
    () => new TimeBins().merge(no),
    'losses-lpips-huber.TimeBins.merge: other must be a TimeBins, got undefined.',
  ],
  [
    'a backbone that LPIPS has not',
    () => backboneShapes(wrong('resnet')),
    'losses-lpips-huber.backboneShapes: backbone must be one of ',
  ],
  [
    'a seed that is a text',
    () => createRng(wrong('0')),
    "core.createRng: seed must be an integer in [0, 9007199254740991], got '0'.",
  ],
  [
    'no seed',
    () => createRng(no),
    'core.createRng: seed must be an integer in [0, 9007199254740991], got undefined.',
  ],
  [
    'noise of a number',
    () => rng.normal(wrong(16)),
    'core.Rng.normal: shape must be a list of sizes, got 16.',
  ],
  ['no labels', () => oneHot(no, 10), 'core.oneHot: labels must be a list of numbers, got undefined.'],
  [
    'a solver without a field',
    () => solve(wrong(tf.ones([2, 2])), points()),
    'ode.solve: field must be a function, got a Tensor.',
  ],
  [
    'a field that is not awaited',
    () =>
      solve(
        wrong(async (x: tf.Tensor) => x),
        points(),
        { steps: 1 },
      ),
    'ode.heun.step: field(x, t) must be a tensor, got a Promise.',
  ],
  [
    'times without an rng',
    () => uShaped().sample(4, no),
    'timestep-dists.uShaped.sample: rng must be an Rng such as createRng(0), got undefined.',
  ],
  [
    'a network without a source',
    () => new SongUNet(config, no),
    'unet.SongUNet: source must be one of { rng }, { tensors } and { weights }, got undefined.',
  ],
  [
    'a source that is an Rng',
    () => new SongUNet(config, wrong(rng)),
    'unet.SongUNet: source must be one of { rng }, { tensors } and { weights }, got a PhiloxRng.',
  ],
  [
    'a misspelt configuration',
    () => new SongUNet(wrong({ ...config, chanelMult: [1] }), { rng }),
    "got 'chanelMult'. Did you mean channelMult?",
  ],
  [
    'a velocity of nothing',
    () => edmVelocity(no),
    'unet.networkVelocity: network must be a network such as new SongUNet(config, { rng }), got undefined.',
  ],
  [
    'a guidance that is no field',
    () => guided(field, wrong(1), { scale: 2 }),
    'unet.guided: guide must be a function, got 1.',
  ],
  [
    'a network saved as its weights',
    () => saveUNet(wrong(new Map())),
    'unet.saveUNet: net must be a network such as new SongUNet(config, { rng }), got a Map.',
  ],
  [
    'a path where bytes are taken',
    () => loadUNet(wrong('net.safetensors')),
    "checkpoints.readSafetensors: bytes must be a Uint8Array or an ArrayBuffer, got 'net.safetensors'.",
  ],
  [
    'a premetric of the wrong rank',
    () => adaptiveWeight(wrong(() => tf.ones([2, 2])))(points(), points(), no),
    'losses-lpips-huber.adaptiveWeight: premetric(prediction, target, context) must have shape [B], got [2,2].',
  ],
  [
    'a loss without its distance',
    () => lpipsHuber(no),
    'losses-lpips-huber.lpipsHuber: distance must be a function, got undefined.',
  ],
  [
    'data that is a path',
    () => independentCoupling(wrong('digits'), { rng }),
    "reflow.independentCoupling: data must be images such as those of openImages, or a tensor, got 'digits'.",
  ],
  [
    'data that is not awaited',
    () => independentCoupling(wrong(openImages('.').catch(() => {})), { rng }),
    'reflow.independentCoupling: data must be images such as those of openImages, or a tensor, got a Promise.',
  ],
  [
    'an rng that is a seed',
    () => independentCoupling(points(), { rng: wrong(0) }),
    'reflow.independentCoupling: rng must be an Rng such as createRng(0), got 0.',
  ],
  [
    'a coupling that is data',
    () => prefetch(wrong(points())),
    'reflow.prefetch: coupling must be a coupling such as independentCoupling(data, { rng }), got a Tensor.',
  ],
  ['a misspelt option', () => sample(field, points(), wrong({ step: 4 })), "got 'step'. Did you mean steps?"],
  [
    'arguments in the wrong order',
    () => sample(wrong(points()), wrong(field)),
    'reflow.sample: field must be a function, got a Tensor.',
  ],
  [
    'a denoiser of another shape',
    () =>
      sampleEdm(
        wrong(() => tf.ones([2])),
        points(),
        { steps: 1 },
      ),
    'reflow.sampleEdm: denoiser(x, sigma) must have shape [4,2], got [2].',
  ],
  [
    'a trainer without settings',
    () => new Trainer(no),
    'reflow.Trainer: options must be an object, got undefined.',
  ],
  [
    'a run without settings',
    () => train(trainerWith({}), no),
    'reflow.train: options must be an object, got undefined.',
  ],
  [
    'a coupling that is none',
    () => trainerWith({ coupling: points() }),
    'reflow.Trainer: coupling must be a coupling such as independentCoupling(data, { rng }), got a Tensor.',
  ],
  [
    'weights that are a network',
    () => trainerWith({ weights: { forward() {} } }),
    "reflow.Trainer: weights must be a Map of variables, such as a network's weights, got an object.",
  ],
  [
    'a velocity that is a tensor',
    () => advance({ velocity: () => tf.ones([2, 2]) }),
    'reflow.Trainer.advance: velocity(rng, labels) must be a function, got a Tensor.',
  ],
  [
    'a velocity of another shape',
    () => advance({ velocity: () => () => tf.ones([2, 3]) }),
    'reflow.Trainer.advance: velocity(rng, labels)(x, t) must have shape [2,2], got [2,3].',
  ],
  [
    'a loss that is averaged already',
    () => advance({ premetric: (a: tf.Tensor) => tf.mean(a) }),
    'reflow.Trainer.advance: premetric(prediction, target, context) must have shape [2], got [].',
  ],
  [
    'a coupling that gives nothing',
    () => advance({ coupling: { draw: async () => undefined } }),
    "reflow.Trainer.advance: the coupling's pairs must be an object of x and z, got undefined.",
  ],
  [
    'noise of another shape',
    () => advance({ coupling: { draw: () => ({ x: tf.ones([2, 2]), z: tf.ones([2, 3]) }) } }),
    'reflow.Trainer.advance: pairs.z must have shape [2,2], got [2,3].',
  ],
  [
    'batches of a path',
    () => batches(wrong('digits')).next(),
    "datasets.batches: source must be images such as those of openImages, got 'digits'.",
  ],
  [
    'a path that is parsed',
    () => parseIdx(wrong('train-images')),
    "datasets.parseIdx: bytes must be a Uint8Array, the bytes of a file, got 'train-images'.",
  ],
  [
    'a picture of one image',
    () => writePngGrid('x.png', wrong(tf.ones([4, 4, 1]))),
    'datasets.encodePngGrid: images must have shape [N,H,W,C], got [4,4,1].',
  ],
  [
    'a picture without its path',
    () => writePngGrid(wrong(tf.ones([1, 4, 4, 1])), no),
    'datasets.writePngGrid: path must be a string, got a Tensor.',
  ],
  [
    'images to measure that are a path',
    () => measureImages(wrong({ dim: 1, extract() {} }), wrong(5)),
    'eval-fid.measureImages: images must be a list of batches [B,H,W,C], or what batches(source) gives, got 5.',
  ],
  [
    'features without a network',
    () => collectFeatures(no, []),
    'eval-fid.collectFeatures: features must be an extractor such as readFidInception(), got undefined.',
  ],
  [
    'a distance of nothing',
    () => kernelDistance(no, no),
    'eval-fid.kernelDistance: a must be a set of features such as collectFeatures gives, got undefined.',
  ],
]

describe("a newcomer's mistake is told in the house's words", () => {
  it.each(mistakes)('%s', async (_, make, message) => {
    const error = await Promise.resolve()
      .then(make)
      .then(
        () => undefined,
        (thrown: Error) => thrown,
      )
    expect(error?.message).toContain(message)
  })
})

describe('without a backend', () => {
  it.each<[string, () => unknown]>([
    ['core.Rng.normal', () => rng.normal([2])],
    ['core.oneHot', () => oneHot([1], 2)],
    ['timestep-dists.uniform.sample', () => uniform().sample(1, rng)],
    ['unet.SongUNet', () => new SongUNet(config, { rng })],
  ])('%s says what to call first', (where, make) => {
    const spy = vi.spyOn(Object.getPrototypeOf(tf.engine()), 'backend', 'get').mockImplementation(() => {
      throw new Error('No backend found in registry.')
    })
    try {
      expect(make).toThrow(
        `${where}: a backend must be active, got none. Call await useBackend() of @rectified-flow/backends first.`,
      )
    } finally {
      spy.mockRestore()
    }
  })
})
