/** How far participants may be apart, as a share of the largest number of an output. */
export const TOLERANCE = 1e-3

const float32 = (base64: string): Float32Array => {
  const bytes = Uint8Array.from(Buffer.from(base64, 'base64'))
  return new Float32Array(bytes.buffer)
}

/** The largest difference of outputs (base64 of float32), as a share of the largest number of each; NaN is Infinity. */
export function disagreement(actual: readonly string[], expected: readonly string[]): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY
  return Math.max(...expected.map((one, i) => difference(float32(actual[i]!), float32(one))))
}

function difference(actual: Float32Array, expected: Float32Array): number {
  if (actual.length !== expected.length || expected.length === 0) return Number.POSITIVE_INFINITY
  let [worst, largest] = [0, 0]
  for (let i = 0; i < expected.length; i++) {
    const apart = Math.abs(actual[i]! - expected[i]!)
    if (Number.isNaN(apart)) return Number.POSITIVE_INFINITY
    worst = Math.max(worst, apart)
    largest = Math.max(largest, Math.abs(expected[i]!))
  }
  return worst === 0 ? 0 : worst / largest
}
