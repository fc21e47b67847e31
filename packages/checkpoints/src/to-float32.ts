import { checkKind } from '@rectified-flow/core'
import type { HostTensor } from './host-tensor.js'

/** The numbers of a tensor of any dtype as float32, in a new array. F16 and BF16 are exact; F64 is rounded. */
export function toFloat32(tensor: HostTensor): Float32Array {
  checkKind('checkpoints.toFloat32', 'tensor', tensor, 'a tensor of a file, { dtype, shape, data }', [
    'dtype',
    'data',
  ])
  const { dtype, data } = tensor
  // Not Float32Array.from with a function, which takes 80 ns a number.
  if (dtype === 'F16') return new Float32Array(data as Uint16Array).map(halfToNumber)
  if (dtype === 'BF16') {
    // bfloat16 is the upper half of a float32.
    const words = new Uint32Array(data as Uint16Array).map(bits => bits << 16)
    return new Float32Array(words.buffer)
  }
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return Float32Array.from(data, Number)
  return new Float32Array(data)
}

/** IEEE 754 binary16: 1 sign bit, 5 of exponent (bias 15), 10 of fraction. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  if (exponent === 31) return fraction ? NaN : sign * Infinity
  return sign * (exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction * 2 ** -24)
}
