import { pcg64 } from '@rectified-flow/core'

/**
 * The noise of pairs as the reference draws it: standard normals in float64 from each PCG64 state, in the order C, H, W,
 * rounded to float32.
 *
 * @param states  [B,32]
 * @param shape   [H,W,C]
 * @returns       [B,H,W,C]
 */
export function pcg64Noise(
  states: Uint8Array,
  [height, width, channels]: readonly [number, number, number],
): Float32Array {
  const pixels = height * width
  const size = pixels * channels
  const out = new Float32Array((states.length / 32) * size)
  for (let i = 0; i < states.length / 32; i++) {
    const z = pcg64(states.subarray(32 * i, 32 * i + 32)).standardNormal(size)
    for (let c = 0; c < channels; c++)
      for (let p = 0; p < pixels; p++) out[i * size + p * channels + c] = z[c * pixels + p]!
  }
  return out
}
