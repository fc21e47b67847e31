import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type HostTensor, readSafetensors, toFloat32 } from '@rectified-flow/checkpoints'
import { configFromReference, createUNet, type UNet } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import { expect } from 'vitest'

const folder = process.env.GOLDEN_DIR ?? fileURLToPath(new URL('../../../test/golden', import.meta.url))

export function goldenJson<T>(path: string): T {
  return JSON.parse(readFileSync(`${folder}/${path}`, 'utf8'))
}

export function goldenBytes(path: string): Uint8Array {
  return readFileSync(`${folder}/${path}`)
}

/** A file of reference numbers: its host tensors, its tensors in this package's layout (images NHWC), and its metadata. */
export class Golden {
  readonly #file

  constructor(path: string) {
    this.#file = readSafetensors(goldenBytes(path))
  }

  get metadata() {
    return this.#file.metadata
  }

  host(name: string): HostTensor {
    const tensor = this.#file.tensors.get(name)
    if (!tensor) throw new Error(`no ${name} in the golden file`)
    return tensor
  }

  has(name: string): boolean {
    return this.#file.tensors.has(name)
  }

  /** The names that begin with the prefix, with the prefix removed. */
  section(prefix: string): Map<string, HostTensor> {
    return new Map(
      [...this.#file.tensors]
        .filter(([name]) => name.startsWith(prefix))
        .map(([name, tensor]) => [name.slice(prefix.length), tensor]),
    )
  }

  tensor<T extends tf.Tensor = tf.Tensor4D>(name: string): T {
    const host = this.host(name)
    const tensor = tf.tensor(toFloat32(host), host.shape)
    if (host.shape.length !== 4) return tensor as T
    return tf.tidy(() => tf.transpose(tensor, [0, 2, 3, 1])) as T
  }

  /** The network of the file with its weights. */
  net(): UNet {
    const config = configFromReference(JSON.parse(this.metadata.config!))
    return createUNet(config, { tensors: this.section('param/') })
  }
}

/** Largest difference, relative to the largest expected number. */
export function relativeError(actual: tf.Tensor, expected: tf.Tensor): number {
  expect(actual.shape).toEqual(expected.shape)
  return tf.tidy(
    () => tf.div(tf.max(tf.abs(tf.sub(actual, expected))), tf.max(tf.abs(expected))).dataSync()[0],
  )!
}
