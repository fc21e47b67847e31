import { interpolate } from '@rectified-flow/core'
import { linearAssignment, sinkhorn } from '@rectified-flow/reflow/transport'
import * as tf from '@tensorflow/tfjs-core'
import { normal, tensor } from '../inputs.js'
import { against, array, numbersOfTensor, type Peer } from '../peer.js'

const BATCH = 64
const inputs = () => ({
  x: normal('x', [BATCH, 12]),
  z: normal('z', [BATCH, 12]),
  t: array(
    Float32Array.from({ length: BATCH }, (_, i) => (i + 0.5) / BATCH),
    [BATCH],
  ),
})

export const torchcfm: Peer = {
  name: 'torchcfm',
  prepare: async () => inputs(),
  async compare(_, theirs) {
    const given = inputs()
    const [x, z, t] = [tensor(given.x), tensor(given.z), tensor<tf.Tensor1D>(given.t)]
    const cost = squaredDistances(given.x.data as Float32Array, given.z.data as Float32Array)
    const plan = sinkhorn(cost, BATCH, { epsilon: 2, tolerance: 1e-9 })
    const row = against(theirs)
    return [
      row('states x_t', await numbersOfTensor(interpolate(x, z, t)), 'states', 1e-6),
      row('velocities', await numbersOfTensor(tf.sub(z, x)), 'velocities', 1e-6),
      row('the exact assignment of 64', linearAssignment(cost, BATCH), 'exact', 0),
      row("Sinkhorn's plan of 64", plan, 'sinkhorn', 1e-5),
    ]
  },
}

/** |x_i - z_j|² for each i and j. */
function squaredDistances(x: Float32Array, z: Float32Array): Float64Array {
  const width = x.length / BATCH
  return Float64Array.from({ length: BATCH * BATCH }, (_, at) => {
    const [i, j] = [Math.floor(at / BATCH), at % BATCH]
    let sum = 0
    for (let k = 0; k < width; k++) sum += (x[i * width + k]! - z[j * width + k]!) ** 2
    return sum
  })
}
