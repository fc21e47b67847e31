import type { HostTensor } from '@rectified-flow/checkpoints'
import { createRng } from '@rectified-flow/core'
import { FeatureStatistics, frechetDistance, type Moments } from '@rectified-flow/eval-fid'
import * as tf from '@tensorflow/tfjs-core'
import type { Case, Inputs } from '../case.js'

/** The last step of FID: the Fréchet distance of two sets of moments, in float64. */
export function frechetCase(quick: boolean): Case {
  const features = quick ? 16 : 512
  return {
    name: 'FID finalisation',
    size: `${features} features, float64`,
    host: true,
    inputs: () => new Map([...momentsOf('a', features, 8), ...momentsOf('b', features, 9)]),
    open(inputs) {
      const [a, b] = [read(inputs, 'a'), read(inputs, 'b')]
      return { run: () => [tf.scalar(frechetDistance(a, b))] }
    },
    openStock: null,
  }
}

/** Moments of features whose scales differ by a factor of 1,000, as in trained networks. */
function momentsOf(name: string, features: number, seed: number): [string, HostTensor][] {
  const statistics = new FeatureStatistics(features)
  const samples = createRng(seed).normals(2 * features * features)
  statistics.add(samples.map((z, i) => z * 1000 ** (-(i % features) / features)))
  const { mean, covariance } = statistics
  return [
    [`${name}.mean`, { dtype: 'F64', shape: [features], data: mean }],
    [`${name}.covariance`, { dtype: 'F64', shape: [features, features], data: covariance }],
  ]
}

function read(inputs: Inputs, name: string): Moments {
  const [mean, covariance] = ['mean', 'covariance'].map(
    part => inputs.get(`${name}.${part}`)!.data as Float64Array,
  ) as [Float64Array, Float64Array]
  return { mean, covariance }
}
