import type { Space } from './space.js'

/**
 * The most vectors that are kept, and the share of the right side that may be left. A state of n numbers needs n vectors at most. The
 * share is small, because a stiff field makes a large right side of a small change: with 1e-2, Robertson's problem took 7 times the
 * steps and missed its end by half.
 */
const MOST = 30
const LEFT = 1e-8

/** The least-squares problem of one lane: the rotated columns of its Hessenberg matrix, the rotations and the right side. */
interface LaneProblem {
  columns: number[][]
  rotations: [cos: number, sin: number][]
  right: number[]
  /** How many columns are used; a lane that is solved takes no more. */
  used: number
  solved: boolean
}

/**
 * Solve apply(d) = r in each lane for a linear function that is known by its values only (GMRES). Vectors are measured in units of
 * the tolerances at `near`.
 *
 * @param apply  is given vectors of size 1
 * @returns      d, owned by the caller, and how often apply was called
 * @see Saad, Schultz, GMRES, SIAM J. Sci. Stat. Comput. 7 (1986)
 */
export async function krylov<V>(
  space: Space<V>,
  apply: (u: V) => V,
  r: V,
  near: V,
): Promise<{ d: V; calls: number }> {
  const made: V[] = []
  const own = (vector: V) => {
    made.push(vector)
    return vector
  }
  const sizesOf = async (vector: V) => (await space.products([vector], vector, near))[0]!.map(Math.sqrt)
  const unit = (vector: V, sizes: readonly number[]) =>
    own(space.combine(null, [vector], sizes.map(size => [size > 0 ? 1 / size : 0]))) // biome-ignore format: one line
  try {
    const sizes = await sizesOf(r)
    const lanes = sizes.map(
      (size): LaneProblem => ({ columns: [], rotations: [], right: [size], used: 0, solved: !(size > 0) }),
    )
    const basis = [unit(r, sizes)]
    while (!lanes.every(lane => lane.solved) && basis.length <= MOST) {
      let w = own(apply(basis.at(-1)!))
      const column = basis.map(() => sizes.map(() => 0))
      for (let pass = 0; pass < 2; pass++) {
        // Twice, because once leaves vectors that aren't orthogonal in float32.
        const along = await space.products(basis, w, near)
        w = own(space.combine(w, basis, sizes.map((_, lane) => along.map(row => -row[lane]!)))) // biome-ignore format: one line
        for (const [i, row] of along.entries()) row.forEach((value, lane) => { column[i]![lane]! += value }) // biome-ignore format: one line
      }
      const rest = await sizesOf(w)
      for (const [lane, problem] of lanes.entries())
        if (!problem.solved) extend(problem, [...column.map(row => row[lane]!), rest[lane]!], sizes[lane]!)
      basis.push(unit(w, rest))
    }
    const weights = lanes.map(lane => solution(lane, basis.length))
    return { d: space.combine(null, basis, weights), calls: basis.length - 1 }
  } finally {
    space.free(made)
  }
}

/** Add a column: rotate it as those before, and choose the rotation that makes its last number 0. */
function extend(problem: LaneProblem, column: number[], size: number): void {
  const { columns, rotations, right } = problem
  for (const [i, [cos, sin]] of rotations.entries()) {
    const [a, b] = [column[i]!, column[i + 1]!]
    column[i] = cos * a + sin * b
    column[i + 1] = cos * b - sin * a
  }
  const last = rotations.length
  const length = Math.hypot(column[last]!, column[last + 1]!)
  const [cos, sin] = length > 0 ? [column[last]! / length, column[last + 1]! / length] : [1, 0]
  column[last] = length
  rotations.push([cos, sin])
  columns.push(column.slice(0, last + 1))
  right.push(-sin * right[last]!)
  right[last]! *= cos
  problem.used++
  problem.solved = !(Math.abs(right[last + 1]!) > LEFT * size)
}

/** The weights of the vectors, by back substitution. */
function solution({ columns, right, used }: LaneProblem, count: number): number[] {
  const weights = Array<number>(count).fill(0)
  for (let i = used - 1; i >= 0; i--) {
    let value = right[i]!
    for (let j = i + 1; j < used; j++) value -= columns[j]![i]! * weights[j]!
    const pivot = columns[i]![i]!
    weights[i] = pivot === 0 ? 0 : value / pivot
  }
  return weights
}
