import type { Rng } from '@rectified-flow/core'

/** Draws n points of the plane, n x 2 numbers; mean about 0, coordinates within about [-2.2, 2.2]. */
export type PointSet = (n: number, rng: Rng) => Float32Array

type Pair = readonly [number, number]

export const POINT_SETS: Readonly<Record<string, PointSet>> = {
  'two moons': points((i, [u], [a, b]) => {
    const angle = Math.PI * u
    const [x, y] =
      i % 2 === 0 ? [Math.cos(angle), Math.sin(angle)] : [1 - Math.cos(angle), 0.5 - Math.sin(angle)]
    return [1.4 * (x - 0.5) + 0.07 * a, 1.4 * (y - 0.25) + 0.07 * b]
  }),
  'eight Gaussians': points((_, [u], [a, b]) => {
    const angle = (Math.PI / 4) * Math.floor(8 * u)
    return [1.8 * Math.cos(angle) + 0.12 * a, 1.8 * Math.sin(angle) + 0.12 * b]
  }),
  checkerboard: points((_, [u, v]) => {
    // Four columns of width 1; each has two of its four cells.
    const [column, upper] = [Math.floor(4 * u), Math.floor(2 * v)]
    return [4 * u - 2, 2 * upper + (column % 2) + (2 * v - upper) - 2]
  }),
}

/** A point set whose points are each made from two uniform and two normal numbers. */
function points(place: (i: number, uniform: Pair, normal: Pair) => Pair): PointSet {
  return (n, rng) => {
    const [uniforms, normals] = [rng.fork('uniform').uniforms(2 * n), rng.fork('normal').normals(2 * n)]
    const pair = (values: Float32Array, i: number) => [values[2 * i], values[2 * i + 1]] as [number, number]
    const out = new Float32Array(2 * n)
    for (let i = 0; i < n; i++) out.set(place(i, pair(uniforms, i), pair(normals, i)), 2 * i)
    return out
  }
}
