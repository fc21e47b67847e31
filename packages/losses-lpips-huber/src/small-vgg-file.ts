import { type HostTensor, readSafetensors, toFloat32, writeSafetensors } from '@rectified-flow/checkpoints'
import { describe } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { SmallVgg, type SmallVggArchitecture, weightShapes } from './small-vgg.js'

/**
 * A frozen SmallVgg from the bytes of its safetensors file, whose metadata has the architecture. If the file has heads
 * (`head.0.weight` and so on), the network has them too.
 */
export function loadSmallVgg(bytes: Uint8Array | ArrayBuffer): SmallVgg {
  const { tensors, metadata } = readSafetensors(bytes)
  const architecture = readArchitecture(metadata)
  const read = (name: string, shape: number[]): tf.Tensor => {
    const host = tensors.get(name)
    if (!host || String(host.shape) !== String(shape)) {
      const got = host ? `[${host.shape}]` : 'none'
      throw new RangeError(
        `losses-lpips-huber.loadSmallVgg: the file's ${name} must have shape [${shape}], got ${got}.`,
      )
    }
    return tf.keep(tf.tensor(toFloat32(host), shape))
  }
  const made: tf.Tensor[] = []
  try {
    const weights = new Map<string, tf.Tensor>()
    for (const [name, shape] of weightShapes(architecture)) {
      weights.set(name, read(name, shape))
      made.push(weights.get(name)!)
    }
    if (!tensors.has('head.0.weight')) return new SmallVgg(architecture, weights)
    const heads = architecture.widths.map((width, i) => {
      made.push(read(`head.${i}.weight`, [width]))
      return made.at(-1) as tf.Tensor1D
    })
    return new SmallVgg(architecture, weights, heads)
  } catch (error) {
    tf.dispose(made)
    throw error
  }
}

/** The bytes of a SmallVgg's safetensors file, with its heads if it has them, and with your own metadata. */
export async function saveSmallVgg(
  net: SmallVgg,
  metadata: Readonly<Record<string, string>> = {},
): Promise<Uint8Array> {
  const tensors = new Map<string, HostTensor>()
  const put = async (name: string, x: tf.Tensor) =>
    tensors.set(name, { dtype: 'F32', shape: x.shape, data: (await x.data()) as Float32Array })
  for (const [name, weight] of net.weights) await put(name, weight)
  for (const [i, head] of (net.heads ?? []).entries()) await put(`head.${i}.weight`, head)
  const { widths, channels, classes } = net.architecture
  return writeSafetensors(tensors, {
    ...metadata,
    format: 'small-vgg',
    widths: JSON.stringify(widths),
    channels: String(channels),
    classes: String(classes),
  })
}

function readArchitecture({
  format,
  widths,
  channels,
  classes,
}: Record<string, string>): SmallVggArchitecture {
  const where = 'losses-lpips-huber.loadSmallVgg'
  if (format !== 'small-vgg')
    throw new RangeError(`${where}: the file's metadata format must be 'small-vgg', got ${describe(format)}.`)
  const architecture = { widths: parse(widths), channels: parse(channels), classes: parse(classes) }
  const isSize = (value: unknown) => Number.isSafeInteger(value) && (value as number) > 0
  const { widths: list } = architecture
  if (!(Array.isArray(list) && list.length > 0 && list.every(isSize)))
    throw new RangeError(
      `${where}: the file's metadata widths must be a list of sizes, got ${describe(widths)}.`,
    )
  if (!isSize(architecture.channels))
    throw new RangeError(`${where}: the file's metadata channels must be a size, got ${describe(channels)}.`)
  if (!isSize(architecture.classes))
    throw new RangeError(`${where}: the file's metadata classes must be a size, got ${describe(classes)}.`)
  return architecture as SmallVggArchitecture
}

function parse(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '')
  } catch {
    return undefined
  }
}
