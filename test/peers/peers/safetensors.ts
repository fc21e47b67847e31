import { join } from 'node:path'
import type { HostTensor } from '@rectified-flow/checkpoints'
import { readSafetensorsFile, withChecksum, writeSafetensorsFile } from '@rectified-flow/checkpoints/node'
import { toFloat16 } from '@rectified-flow/core'
import { normal } from '../inputs.js'
import type { Comparison, Numbers, Peer } from '../peer.js'

function tensors(): Record<string, HostTensor> {
  const values = normal('values', [3, 4, 2]).data as Float32Array
  const shape = [3, 4, 2]
  const bytes = Uint8Array.from(values, (_, i) => i * 9)
  return {
    f64: { dtype: 'F64', shape, data: Float64Array.from(values, value => value / 3) },
    f32: { dtype: 'F32', shape, data: values },
    f16: { dtype: 'F16', shape, data: toFloat16(values) },
    bf16: {
      dtype: 'BF16',
      shape,
      data: new Uint16Array(values.buffer.slice(0)).filter((_, i) => i % 2 === 1),
    },
    i64: { dtype: 'I64', shape: [3], data: BigInt64Array.of(-1n, 2n ** 53n + 1n, -(2n ** 63n)) },
    i32: { dtype: 'I32', shape: [2], data: Int32Array.of(-(2 ** 31), 7) },
    i16: { dtype: 'I16', shape: [2], data: Int16Array.of(-5, 300) },
    i8: { dtype: 'I8', shape: [2], data: Int8Array.of(-128, 127) },
    u8: { dtype: 'U8', shape, data: bytes },
    bool: { dtype: 'BOOL', shape: [3], data: Uint8Array.of(1, 0, 1) },
    scalar: { dtype: 'F32', shape: [], data: Float32Array.of(0.1) },
    empty: { dtype: 'F32', shape: [0, 3], data: new Float32Array(0) },
  }
}

const words = { format: 'a test', text: 'größer als "7"' }

export const safetensors: Peer = {
  name: 'safetensors',
  async prepare(folder) {
    const given = tensors()
    await writeSafetensorsFile(join(folder, 'ours.safetensors'), given, withChecksum(given, words))
    return {}
  },
  async compare(folder, theirs) {
    const given = tensors()
    const names = Object.keys(given).sort()
    const back = await readSafetensorsFile(join(folder, 'theirs.safetensors')) // our checksum is in it, and is right
    const text = Object.entries(withChecksum(given, words))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => `${key}=${value};`)
    const shapes = names.flatMap(name => given[name]!.shape)
    const row = (what: string, a: ArrayLike<number>, b: ArrayLike<number>): Comparison => ({
      what,
      ours: a,
      theirs: b,
      limit: 0,
    })
    return [
      row(
        'our file, read there: bytes of 12 tensors',
        joined(names, name => bytesOf(given[name]!)),
        joined(names, theirs),
      ),
      row('shapes', shapes, theirs('shapes')),
      row('metadata', Buffer.from(text.join('')), theirs('words')),
      row(
        'their file, read here: bytes',
        joined(names, name => bytesOf(back.tensors.get(name)!)),
        joined(names, theirs),
      ),
    ]
  },
}

function bytesOf({ data }: HostTensor): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}

const joined = (names: readonly string[], numbers: Numbers) =>
  names.flatMap(name => Array.from(numbers(name)))
