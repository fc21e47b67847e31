/**
 * A noise between noises: their sum with weights whose squares sum to 1. So it is as likely as they are; on straight lines it
 * would be too short.
 *
 * @param noises  independent standard normal noises of one size
 */
export function mixNoise(noises: readonly Float32Array[], weights: readonly number[]): Float32Array {
  return noises[0]!.map((_, i) => noises.reduce((sum, noise, k) => sum + weights[k]! * noise[i]!, 0))
}

/** The weights of a map's four corners (top left, top right, bottom left, bottom right) at a place, x and y in [0, 1]. */
export function mapWeights({ x, y }: { x: number; y: number }): number[] {
  const [right, down] = [x, y].map(part => (part * Math.PI) / 2) as [number, number]
  const across = [Math.cos(right), Math.sin(right)]
  return [Math.cos(down), Math.sin(down)].flatMap(row => across.map(column => row * column))
}

/** The weights of three noises at a place of the sphere that they span: x and y are parts of a turn, so both wrap at 1. */
export function sphereWeights({ x, y }: { x: number; y: number }): number[] {
  const [a, b] = [2 * Math.PI * x, 2 * Math.PI * y]
  return [Math.cos(a) * Math.cos(b), Math.sin(a) * Math.cos(b), Math.sin(b)]
}

/** Noises as one array, one after the other. */
export function joined(noises: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(noises.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const noise of noises) {
    all.set(noise, at)
    at += noise.length
  }
  return all
}

/** The parts of an array, each of `size` values. */
export function parted(values: Float32Array, size: number): Float32Array[] {
  return Array.from({ length: values.length / size }, (_, i) => values.subarray(i * size, (i + 1) * size))
}
