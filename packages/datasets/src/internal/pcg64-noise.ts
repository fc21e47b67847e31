import { pcg64 } from '@rectified-flow/core'

/**
 * The noise of pairs as the reference draws it: standard normals in float64 from each PCG64 state, in the order C, H, W,
 * rounded to float32.
 *
 * @param states   [B,32]
 * @param indices  which pairs the states are from, for an error
 * @param shape    [H,W,C]
 * @returns        [B,H,W,C]
 */
export function pcg64Noise(
  states: Uint8Array,
  indices: ArrayLike<number>,
  [height, width, channels]: readonly [number, number, number],
): Float32Array {
  const pixels = height * width
  const size = pixels * channels
  const out = new Float32Array((states.length / 32) * size)
  for (let i = 0; i < states.length / 32; i++) {
    const state = states.subarray(32 * i, 32 * i + 32)
    if (!(state[31]! & 1))
      throw new RangeError(
        `datasets.batch: the noise of pair ${indices[i]} must be a PCG64 state, whose increment is odd, got an even one. It is damaged.`,
      )
    const z = pcg64(state).standardNormal(size)
    for (let c = 0; c < channels; c++)
      for (let p = 0; p < pixels; p++) out[i * size + p * channels + c] = z[c * pixels + p]!
  }
  return out
}
