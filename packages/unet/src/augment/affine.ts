/** An affine map of the plane, [a b c; d e f]: (x, y) to (a x + b y + c, d x + e y + f). */
export type Affine = readonly [number, number, number, number, number, number]

export const identity: Affine = [1, 0, 0, 0, 1, 0]

/** The map (x, y) to p(q(x, y)). */
export function compose(p: Affine, q: Affine): Affine {
  const [a, b, c, d, e, f] = p
  const [g, h, i, j, k, l] = q
  return [a * g + b * j, a * h + b * k, a * i + b * l + c, d * g + e * j, d * h + e * k, d * i + e * l + f]
}

export const scaling = (x: number, y: number): Affine => [x, 0, 0, 0, y, 0]
export const translation = (x: number, y: number): Affine => [1, 0, x, 0, 1, y]

export function rotation(angle: number): Affine {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
  return [cos, -sin, 0, sin, cos, 0]
}

/** A rotation by quarter turns, whose entries are exactly -1, 0 or 1. */
export function quarters(count: number): Affine {
  const cos = [1, 0, -1, 0][count % 4]!
  const sin = [0, 1, 0, -1][count % 4]!
  return [cos, 0 - sin, 0, sin, cos, 0]
}
