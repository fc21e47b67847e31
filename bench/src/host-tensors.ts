import type { HostTensor } from '@rectified-flow/checkpoints'
import { createRng, type Rng } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import type { Inputs } from './case.js'

const sizeOf = (shape: readonly number[]) => shape.reduce((product, axis) => product * axis, 1)

/** Normal numbers with this standard deviation. */
export function normals(rng: Rng, shape: readonly number[], deviation = 1): HostTensor {
  const data = rng.normals(sizeOf(shape))
  for (let i = 0; i < data.length; i++) data[i]! *= deviation
  return { dtype: 'F32', shape: [...shape], data }
}

export function float32(shape: readonly number[], data: Float32Array): HostTensor {
  return { dtype: 'F32', shape: [...shape], data }
}

/** One input of normal numbers for each shape. */
export function normalInputs(seed: number, shapes: Record<string, readonly number[]>): Inputs {
  return new Map(
    Object.entries(shapes).map(([name, shape]) => [name, normals(createRng(seed).fork(name), shape)]),
  )
}

/** A float32 input as a tensor of the active backend. */
export function tensorOf<T extends tf.Tensor>(inputs: Inputs, name: string): T {
  const { data, shape } = inputs.get(name)!
  return tf.tensor(data as Float32Array, shape) as T
}

/** The inputs whose names begin with a prefix, which is dropped. */
export function inputsUnder(inputs: Inputs, prefix: string): Inputs {
  return new Map(
    [...inputs]
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, tensor]) => [name.slice(prefix.length), tensor]),
  )
}
