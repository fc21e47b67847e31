import type { Width } from '../shader-text.js'

/**
 * One of the two matrices of a product. In WGSL it is a function of its row or column and of the depth k that returns one
 * number, or four neighbours in memory: four of the rows or columns, or four of the depth.
 */
export interface Factor {
  /** The direction in which numbers are neighbours in memory. */
  along: 'tile' | 'depth'
  width: Width
}

/** A product of matrices whose factors are made while they are read, such as a convolution. */
export interface Product {
  /** Its kind and its shapes: products with one name take the same time. */
  name: string
  rows: number
  columns: number
  depth: number
  /** How many such products there are, one beside the other. In WGSL, `batch` is the present one's number. */
  batch: number
  a: Factor
  b: Factor
  /** WGSL that both of the next two use. */
  shared: string
  /** WGSL: the functions a(row, k) and b(column, k); 0 from k = depth on. They are never called for rows past the last. */
  factors: string
  /** WGSL: the function put(row, column, value), which writes `width` neighbours of a row. */
  put: string
  width: Width
  /** Whether `put` only writes the numbers in turn, to one result after the other. */
  isStored?: boolean
  /** If true, row `rows` of the product has the sums of the columns of b, which must be along 'tile'. */
  columnSums: boolean
  /** What the functions read and write: names, with types, in the order of the tensors. */
  bindings: {
    factors: readonly string[]
    /** What `put` reads. */
    added: readonly string[]
    results: readonly string[]
  }
}

/** The rows that are written. */
export const rowsOf = ({ rows, columnSums }: Product): number => rows + (columnSums ? 1 : 0)
