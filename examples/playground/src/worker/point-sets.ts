import type { Rng } from '@rectified-flow/core'
import { DRAWN_SIDE, EXTENT, type PointSetName } from '../choices.js'

/** Makes a point from two uniform and two normal numbers. */
type Place = (u: number, v: number, a: number, b: number) => [x: number, y: number]

const places: Record<Exclude<PointSetName, 'drawn'>, Place> = {
  moons(u, v, a, b) {
    const side = v < 0.5 ? 1 : -1
    const x = Math.cos(Math.PI * u) - 0.5
    const y = Math.sin(Math.PI * u) - 0.25
    return [1.5 * side * x + 0.07 * a, 1.5 * side * y + 0.07 * b]
  },
  gaussians(u, _, a, b) {
    const angle = (Math.floor(8 * u) * Math.PI) / 4
    return [2 * Math.cos(angle) + 0.12 * a, 2 * Math.sin(angle) + 0.12 * b]
  },
  checkerboard(u, v) {
    const column = Math.floor(4 * u)
    const row = 2 * Math.floor(2 * v) + (column % 2)
    return [4 * u - 2, row - 2 + ((2 * v) % 1)]
  },
  spiral(u, _, a, b) {
    const angle = 3.6 * Math.PI * Math.sqrt(0.02 + 0.98 * u) // evenly along the arc
    const radius = angle / 5
    return [radius * Math.cos(angle) + 0.05 * a, radius * Math.sin(angle) + 0.05 * b]
  },
}

/** n points of a distribution, x and y in turn. */
export function drawPoints(name: PointSetName, n: number, rng: Rng, ink: readonly boolean[]): Float32Array {
  const [uniforms, normals] = [rng.fork('uniform').uniforms(2 * n), rng.fork('normal').normals(2 * n)]
  const place = name === 'drawn' ? inkPlace(ink) : places[name]
  const points = new Float32Array(2 * n)
  for (let i = 0; i < 2 * n; i += 2)
    points.set(place(...([uniforms[i], uniforms[i + 1], normals[i], normals[i + 1]] as Parameters<Place>)), i)
  return points
}

/** A point anywhere in the inked cells of the pad; without ink, in the pad's middle. */
function inkPlace(ink: readonly boolean[]): Place {
  const inked = ink.flatMap((on, cell) => (on ? [cell] : []))
  if (inked.length === 0) inked.push((DRAWN_SIDE * (DRAWN_SIDE + 1)) / 2)
  const unit = (2 * EXTENT) / DRAWN_SIDE
  return (u, v) => {
    const position = u * inked.length
    const cell = inked[Math.floor(position)]!
    const across = (cell % DRAWN_SIDE) + (position % 1)
    const down = Math.floor(cell / DRAWN_SIDE) + v
    return [across * unit - EXTENT, EXTENT - down * unit]
  }
}
