import { type Product, rowsOf } from './product.js'
import { threadsOf, type Variant } from './variants.js'

/** How many parts of the depth are summed apart, and the depth of a part. */
export interface Split {
  parts: number
  depth: number
}

/** Threads that keep a large GPU busy, and the least depth that is worth a workgroup. */
const ENOUGH_THREADS = 32_768
const LEAST_DEPTH = 128

/**
 * In multiplications: the time to bring a number of a factor to workgroup memory, that to read it there, and that of a product
 * of subgroups' matrices.
 */
const LOAD = 8
const READ = 2
const MATRIX_PRODUCT = 0.25

/** In multiplications: the time to write and add up a partial sum, and that of the dispatch which does so. */
const PARTIAL = 64
const DISPATCH = 5e7

/** The depth as a whole, or split if there are too few tiles to keep a GPU busy. */
export function splitOf(product: Product, variant: Variant): Split {
  const wanted = ENOUGH_THREADS / (tilesOf(product, variant) * threadsOf(variant))
  const parts = Math.max(1, Math.floor(Math.min(wanted, product.depth / LEAST_DEPTH)))
  const whole = inParts(1, product, variant)
  const split = inParts(parts, product, variant)
  return costOf(product, variant, split) < costOf(product, variant, whole) ? split : whole
}

/** The variants that should be the fastest, the first of all first. */
export function likeliest(product: Product, valid: readonly Variant[], most: number): Variant[] {
  const costs = valid.map(variant => ({ variant, cost: costOf(product, variant, splitOf(product, variant)) }))
  costs.sort((a, b) => a.cost - b.cost)
  return costs.slice(0, most).map(({ variant }) => variant)
}

/**
 * The time of a variant, in multiplications of a GPU with all threads busy: of whole tiles, also where these reach over the
 * product's edge; longer if too few threads have something to do. It is an estimate: the constants were not measured.
 */
function costOf(product: Product, variant: Variant, { parts }: Split): number {
  const { rows, columns, by } = variant
  const tiles = tilesOf(product, variant)
  const multiplying = 'threads' in by ? 1 + READ * (1 / by.threads[0] + 1 / by.threads[1]) : MATRIX_PRODUCT
  const perProduct = multiplying + LOAD * (1 / rows + 1 / columns)
  const sums = product.batch * rowsOf(product) * product.columns
  const useful = (sums * threadsOf(variant)) / (rows * columns)
  const busy = Math.min(1, (useful * parts) / ENOUGH_THREADS)
  const adding = parts === 1 ? 0 : parts * sums * PARTIAL + DISPATCH
  return (tiles * rows * columns * product.depth * perProduct) / busy + adding
}

/** The tiles of all results. */
const tilesOf = (product: Product, { rows, columns }: Variant): number =>
  product.batch * Math.ceil(product.rows / rows) * Math.ceil(product.columns / columns)

function inParts(parts: number, product: Product, variant: Variant): Split {
  const depth = Math.max(1, Math.ceil(product.depth / parts / variant.depth)) * variant.depth
  return { parts: Math.max(1, Math.ceil(product.depth / depth)), depth }
}
