import type { Rng, Weights } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import type { ResolvedConfig } from '../config.js'
import { type WeightEntry, weightTable } from './weight-table.js'

/** Standard deviation of the frequencies of the Fourier embedding. */
const FOURIER_SCALE = 16

/** New weights. Each is drawn from its own fork, so it depends on the seed and its name alone. */
export function initWeights(config: ResolvedConfig, rng: Rng): Weights {
  return new Map(
    Array.from(weightTable(config), ([name, entry]) => [
      name,
      variable(draw(entry, rng.fork(name)), entry.shape),
    ]),
  )
}

/** What is stored with the weights but not trained: the frequencies of the Fourier embedding. */
export function initBuffers(config: ResolvedConfig, rng: Rng): Weights {
  if (config.embeddingType !== 'fourier') return new Map()
  const n = (config.modelChannels * config.channelMultNoise) / 2
  const freqs = rng
    .fork('map_noise.freqs')
    .normals(n)
    .map(value => value * FOURIER_SCALE)
  return new Map([['map_noise.freqs', variable(freqs, [n], false)]])
}

function draw({ shape, init }: WeightEntry, rng: Rng): Float32Array {
  const size = tf.util.sizeFromShape(shape)
  if ('constant' in init) return new Float32Array(size).fill(init.constant)
  const [input, out] = shape.slice(-2) as [number, number]
  const bound = init.gain * Math.sqrt(6 / ((input + out) * (size / (input * out))))
  return rng.uniforms(size).map(u => bound * (2 * u - 1))
}

function variable(values: Float32Array, shape: number[], trainable = true): tf.Variable {
  return tf.tidy(() => tf.variable(tf.tensor(values, shape), trainable))
}
