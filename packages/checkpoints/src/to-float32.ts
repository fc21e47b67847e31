import { checkKind } from '@rectified-flow/core'
import type { HostTensor } from './host-tensor.js'

/** The numbers of a tensor of any dtype as float32, in a new array. F16 and BF16 are exact; F64 is rounded. */
export function toFloat32(tensor: HostTensor): Float32Array {
  checkKind('checkpoints.toFloat32', 'tensor', tensor, 'a tensor of a file, { dtype, shape, data }', [
    'dtype',
    'data',
  ])
  const { dtype, data } = tensor
  if (dtype === 'F16') return halvesToFloat32(data as Uint16Array)
  if (dtype === 'BF16') {
    // bfloat16 is the upper half of a float32.
    const words = new Uint32Array(data as Uint16Array).map(bits => bits << 16)
    return new Float32Array(words.buffer)
  }
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return Float32Array.from(data, Number)
  return new Float32Array(data)
}

/**
 * IEEE 754 binary16 (1 sign bit, 5 of exponent, 10 of fraction), whose bits become those of a float32 (1, 8 and 23): the bias of the
 * exponent is 127 instead of 15. All 0 is zero or a subnormal number, all 1 infinity or NaN.
 */
function halvesToFloat32(halves: Uint16Array): Float32Array {
  const numbers = new Float32Array(halves.length)
  const words = new Uint32Array(numbers.buffer)
  for (let i = 0; i < halves.length; i++) {
    const bits = halves[i]!
    const exponent = (bits >> 10) & 31
    if (exponent === 0) numbers[i] = (bits & 0x8000 ? -1 : 1) * (bits & 1023) * 2 ** -24
    else
      words[i] =
        ((bits & 0x8000) << 16) | ((exponent === 31 ? 255 : exponent + 112) << 23) | ((bits & 1023) << 13)
  }
  return numbers
}
