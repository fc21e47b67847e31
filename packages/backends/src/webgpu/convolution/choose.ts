import { type Product, rowsOf } from './product.js'
import { threadsOf, type Variant } from './variants.js'

/** How many parts of the depth are summed apart, and the depth of a part. */
export interface Split {
  parts: number
  depth: number
}

/** The most parts, and the least depth that is worth a workgroup. */
const MOST_PARTS = 64
const LEAST_DEPTH = 96

/**
 * A GPU is full with so many threads of these shaders. A smaller number n of threads doesn't take n / FULL of a full GPU's time,
 * but as long as a full GPU needs for BASE + SHARE n threads, and at least as long as for LEAST. All constants here were
 * measured on an H200, whose 132 processors are full with 512 threads each.
 */
const FULL = 67_584
const BASE = 15_400
const SHARE = 0.77
const LEAST = 28_400

/** In multiplications: the time to write and add up a partial sum, and that of the dispatch which does so. */
const PARTIAL = 37
const DISPATCH = 9e7

/** The depth as a whole, or split if there are too few tiles to keep a GPU busy. */
export const splitOf = (product: Product, variant: Variant): Split => fastestSplit(product, variant).split

/** The variants that should be the fastest, the first of all first. */
export function likeliest(product: Product, valid: readonly Variant[], most: number): Variant[] {
  const costs = valid.map(variant => ({ variant, cost: fastestSplit(product, variant).cost }))
  costs.sort((a, b) => a.cost - b.cost)
  return costs.slice(0, most).map(({ variant }) => variant)
}

function fastestSplit(product: Product, variant: Variant): { split: Split; cost: number } {
  const most = Math.max(1, Math.min(MOST_PARTS, Math.floor(product.depth / LEAST_DEPTH)))
  let [split, cost] = [inParts(1, product, variant), Number.POSITIVE_INFINITY]
  for (let parts = 1; parts <= most; parts++) {
    const next = inParts(parts, product, variant)
    const nextCost = costOf(product, variant, next)
    if (nextCost < cost) [split, cost] = [next, nextCost]
  }
  return { split, cost }
}

/**
 * The time of a variant, in multiplications of a full GPU by the fastest variant: of whole tiles, also where these reach over
 * the product's edge; longer if too few threads have something to do. Within a tenth of what was measured.
 */
function costOf(product: Product, variant: Variant, { parts }: Split): number {
  const { rows, columns, speed } = variant
  const tiles = product.batch * Math.ceil(product.rows / rows) * Math.ceil(product.columns / columns)
  const sums = product.batch * rowsOf(product) * product.columns
  const useful = ((sums * threadsOf(variant)) / (rows * columns)) * parts
  const adding = parts === 1 ? 0 : parts * sums * PARTIAL + DISPATCH
  return ((tiles * rows * columns * product.depth) / speed) * (timeOf(useful) / useful) + adding
}

/** For how many threads a full GPU needs the time that these take: whole loads of it, and a rest. */
function timeOf(threads: number): number {
  const rest = threads % FULL
  return threads - rest + (rest > 0 ? Math.max(LEAST, BASE + SHARE * rest) : 0)
}

function inParts(parts: number, product: Product, variant: Variant): Split {
  const depth = Math.max(1, Math.ceil(product.depth / parts / variant.depth)) * variant.depth
  return { parts: Math.max(1, Math.ceil(product.depth / depth)), depth }
}
