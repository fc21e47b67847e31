/**
 * Numbers as IEEE 754 binary16 bits, the data of an F16 tensor: rounded to nearest, ties to even; above 65,504 they become infinite.
 * `toFloat32` of `@rectified-flow/checkpoints` is the way back.
 */
export function toFloat16(values: ArrayLike<number>): Uint16Array {
  const half = new Uint16Array(values.length)
  const float = new Float32Array(1)
  const bits = new Uint32Array(float.buffer)
  for (let i = 0; i < half.length; i++) {
    float[0] = values[i]!
    half[i] = halfBits(bits[0]!)
  }
  return half
}

function halfBits(word: number): number {
  const sign = (word >>> 16) & 0x8000
  const magnitude = word & 0x7fffffff
  if (magnitude > 0x7f800000) return sign | 0x7e00
  if (magnitude >= 0x47800000) return sign | 0x7c00
  if (magnitude < 0x38800000) {
    // Below 2^-14 a half is a multiple of 2^-24; below 2^-25 it is 0.
    const shift = 126 - (magnitude >>> 23)
    return shift > 24 ? sign : sign | roundedShift((magnitude & 0x7fffff) | 0x800000, shift)
  }
  return sign | (roundedShift(magnitude, 13) - 0x1c000) // the exponent's bias goes from 127 to 15
}

function roundedShift(value: number, shift: number): number {
  const whole = value >>> shift
  const rest = value & (2 ** shift - 1)
  const tie = 2 ** (shift - 1)
  return rest > tie || (rest === tie && whole & 1) ? whole + 1 : whole
}
