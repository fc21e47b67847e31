import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readSafetensors, toFloat32 } from '@rectified-flow/checkpoints'
import * as tf from '@tensorflow/tfjs-core'

const directory = process.env.GOLDEN_DIR ?? join(import.meta.dirname, '../../../test/golden')

/** Tensors of a golden file, images as NHWC. */
export function golden(file: string): (name: string) => tf.Tensor {
  const { tensors } = readSafetensors(readFileSync(join(directory, file)))
  return name => {
    const host = tensors.get(name)
    if (!host) throw new Error(`${file} has no ${name}`)
    const tensor = tf.tensor(toFloat32(host), host.shape)
    return host.shape.length === 4 ? tf.transpose(tensor, [0, 2, 3, 1]) : tensor
  }
}
