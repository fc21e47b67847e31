/** The largest allowed difference of an output: the length of the difference divided by the length of the output. */
export const TOLERANCE = 1e-3

const float32 = (base64: string): Float32Array => {
  const bytes = Uint8Array.from(Buffer.from(base64, 'base64'))
  return new Float32Array(bytes.buffer)
}

/**
 * The largest relative difference of outputs (base64 of float32), each |a - b| / |b| in the Euclidean norm; Infinity for
 * NaN. Single numbers are not compared, because a number of a gradient may jump if rounding changes the sign of a ReLU's
 * input.
 */
export function disagreement(actual: readonly string[], expected: readonly string[]): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY
  return Math.max(...expected.map((one, i) => difference(float32(actual[i]!), float32(one))))
}

function difference(actual: Float32Array, expected: Float32Array): number {
  if (actual.length !== expected.length || expected.length === 0) return Number.POSITIVE_INFINITY
  let [apart, length] = [0, 0]
  for (let i = 0; i < expected.length; i++) {
    apart += (actual[i]! - expected[i]!) ** 2
    length += expected[i]! ** 2
  }
  if (Number.isNaN(apart)) return Number.POSITIVE_INFINITY
  return apart === 0 ? 0 : Math.sqrt(apart / length)
}
