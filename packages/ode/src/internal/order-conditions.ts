/** A rooted tree: its order, its density γ, and its elementary weight per stage, Π over its branches of Σ_j a_ij φ_j. */
interface Tree {
  order: number
  gamma: number
  phi: readonly number[]
}

/** The sum of each row of a times a vector. */
function multiply(a: readonly (readonly number[])[], vector: readonly number[]): number[] {
  return a.map(row => row.reduce((total, value, j) => total + value * vector[j]!, 0))
}

/** Every multiset of the first `below` trees whose orders add up to `size`. */
function* forests(trees: readonly Tree[], size: number, below: number): Generator<Tree[]> {
  if (size === 0) yield []
  for (let i = 0; i < below; i++) {
    const tree = trees[i]!
    if (tree.order > size) return // trees are sorted by order
    for (const rest of forests(trees, size - tree.order, i + 1)) yield [tree, ...rest]
  }
}

/**
 * The conditions Σ_i b_i φ_i(τ) = 1/γ(τ), one for each rooted tree τ up to this order, that an explicit Runge-Kutta
 * method of the order meets: [order of τ, left side, right side].
 *
 * @see Hairer, Nørsett, Wanner, Solving Ordinary Differential Equations I, theorem II.2.13
 */
export function* orderConditions(
  a: readonly (readonly number[])[],
  b: readonly number[],
  upTo: number,
): Generator<[order: number, value: number, expected: number]> {
  const trees: Tree[] = []
  for (let order = 1; order <= upTo; order++) {
    for (const branches of forests(trees, order - 1, trees.length)) {
      const grown = branches.map(({ phi }) => multiply(a, phi))
      const phi = b.map((_, i) => grown.reduce((product, values) => product * values[i]!, 1))
      const gamma = branches.reduce((product, branch) => product * branch.gamma, order)
      trees.push({ order, gamma, phi })
      yield [order, b.reduce((total, bi, i) => total + bi * phi[i]!, 0), 1 / gamma]
    }
  }
}
