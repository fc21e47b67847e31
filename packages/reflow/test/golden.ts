import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { readSafetensors, type Safetensors, toFloat32 } from '@rectified-flow/checkpoints'
import { configFromReference, createUNet, type UNet } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'

const folder = process.env.GOLDEN_DIR ?? fileURLToPath(new URL('../../../test/golden', import.meta.url))

export function readGolden(path: string): Safetensors {
  return readSafetensors(readFileSync(`${folder}/${path}`))
}

/** A tensor of the file, unchanged. */
export function entry({ tensors }: Safetensors, name: string): tf.Tensor {
  const tensor = tensors.get(name)!
  return tf.tensor(toFloat32(tensor), tensor.shape)
}

/** Images [...,C,H,W] of the file, [...,H,W,C] here. */
export function images(file: Safetensors, name: string): tf.Tensor {
  return tf.tidy(() => {
    const stored = entry(file, name)
    const { rank } = stored
    const order = [...stored.shape.keys()].slice(0, rank - 3).concat([rank - 2, rank - 1, rank - 3])
    return tf.transpose(stored, order)
  })
}

/** The network that made the samplers' reference numbers, with its weights. */
export function goldenNet(): UNet {
  const { tensors, metadata } = readGolden('unet/song-ncsnpp.safetensors')
  const weights = [...tensors].filter(([name]) => name.startsWith('param/'))
  const named = new Map(weights.map(([name, tensor]) => [name.slice('param/'.length), tensor]))
  return createUNet(configFromReference(JSON.parse(metadata.config!)), { tensors: named })
}

/** The largest |a - e|, divided by the largest |e|. */
export function relativeError(actual: tf.Tensor, expected: tf.Tensor): number {
  return tf.tidy(() => {
    const worst = tf.max(tf.abs(tf.sub(actual, expected)))
    return tf.div(worst, tf.max(tf.abs(expected))).dataSync()[0]!
  })
}
