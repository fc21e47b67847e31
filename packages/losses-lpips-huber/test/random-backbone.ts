import type { HostTensor } from '@rectified-flow/checkpoints'
import { type NumpyRng, numpyRng } from '@rectified-flow/core'
import { type Backbone, backboneShapes } from '@rectified-flow/losses-lpips-huber'

/** A backbone of random weights from a NumPy stream: for each convolution normal weights (He), then biases of 0.05. */
export function randomBackbone(
  backbone: Backbone,
  stream: number | bigint | NumpyRng,
): Map<string, HostTensor> {
  const rng = typeof stream === 'object' ? stream : numpyRng(stream)
  const tensors = new Map<string, HostTensor>()
  for (const [name, shape] of backboneShapes(backbone)) {
    const inputs = shape.slice(1).reduce((a, b) => a * b, 1)
    const scale = name.endsWith('bias') ? 0.05 : Math.sqrt(2 / inputs)
    const values = rng.standardNormal(shape[0]! * inputs)
    tensors.set(name, { dtype: 'F32', shape, data: new Float32Array(values.map(z => z * scale)) })
  }
  return tensors
}
