/**
 * What the factors are in workgroup memory; sums are always float32. 'rounded' are float32 numbers rounded to float16: tests
 * use it to check the numbers of 'f16' on devices that can't compute in it.
 */
export type Element = 'f32' | 'f16' | 'rounded'

/** How a shader multiplies matrices. A workgroup computes a tile of the product. */
export interface Variant {
  rows: number
  columns: number
  /** How much of both factors it has in workgroup memory at once. */
  depth: number
  element: Element
  /** Who multiplies: threads, each of which has rows x columns of the tile, or subgroups of threads, with their matrices. */
  by: { threads: readonly [rows: number, columns: number] } | { matrices: number }
}

/** The rows and columns of a subgroup's part of a tile. */
export const SUBGROUP_TILE = 32

/** The threads of a subgroup that has matrices. */
export const SUBGROUP = 32

/** Numbers between the end of one row of a tile and the next, so that subgroups read rows from different memory banks. */
const PADDING = 8

/** The first come first where several should take the same time. */
const byThreads: readonly Omit<Variant, 'element'>[] = [
  { rows: 32, columns: 32, depth: 16, by: { threads: [4, 4] } },
  { rows: 16, columns: 64, depth: 16, by: { threads: [4, 4] } },
  { rows: 32, columns: 64, depth: 16, by: { threads: [4, 8] } },
  { rows: 128, columns: 16, depth: 16, by: { threads: [8, 4] } },
  { rows: 64, columns: 64, depth: 16, by: { threads: [4, 4] } },
  { rows: 64, columns: 64, depth: 16, by: { threads: [8, 8] } },
  { rows: 128, columns: 64, depth: 16, by: { threads: [8, 8] } },
  { rows: 128, columns: 128, depth: 8, by: { threads: [8, 8] } },
]

const byMatrices: readonly Omit<Variant, 'element'>[] = [16, 8].flatMap(side => [
  { rows: 32, columns: 64, depth: 32, by: { matrices: side } },
  { rows: 64, columns: 32, depth: 32, by: { matrices: side } },
  { rows: 64, columns: 64, depth: 32, by: { matrices: side } },
  { rows: 128, columns: 64, depth: 32, by: { matrices: side } },
])

/** Every variant, for a sweep; `fits` says which of them a device can run. */
export const variants: readonly Variant[] = [
  ...byThreads.map(variant => ({ ...variant, element: 'f32' as const })),
  ...byThreads.map(variant => ({ ...variant, depth: 2 * variant.depth, element: 'f16' as const })),
  ...byMatrices.map(variant => ({ ...variant, element: 'f16' as const })),
  ...byThreads.map(variant => ({ ...variant, element: 'rounded' as const })),
]

/** A variant's name in a table of tuned shapes. */
export function nameOf({ rows, columns, depth, element, by }: Variant): string {
  const who = 'threads' in by ? `threads ${by.threads.join('x')}` : `matrices ${by.matrices}`
  return `${element} ${rows}x${columns}x${depth} by ${who}`
}

export function threadsOf({ rows, columns, by }: Variant): number {
  if ('threads' in by) return (rows / by.threads[0]) * (columns / by.threads[1])
  return (rows / SUBGROUP_TILE) * (columns / SUBGROUP_TILE) * SUBGROUP
}

/** The length of a row of a tile in workgroup memory. */
export const strideOf = (length: number, { by }: Variant): number =>
  'threads' in by ? length : length + PADDING

/** Bytes of workgroup memory, with the numbers that a gradient of a bias needs. */
function memoryOf(variant: Variant): number {
  const { rows, columns, depth, element, by } = variant
  const numbers = depth * (strideOf(rows, variant) + strideOf(columns, variant))
  const results = 'matrices' in by ? (threadsOf(variant) / SUBGROUP) * by.matrices ** 2 : 0
  return numbers * (element === 'f16' ? 2 : 4) + 4 * results + 16 * threadsOf(variant)
}

/** What a device can run. */
export interface Machine {
  f16: boolean
  /** The sides of its subgroups' matrices of float16 numbers with sums in float32. */
  matrices: readonly number[]
  memory: number
  threads: number
}

/** True if a device can run the variant. */
export function fits(variant: Variant, { f16, matrices, memory, threads }: Machine): boolean {
  const { element, by } = variant
  if (element === 'f16' && !f16) return false
  if ('matrices' in by && !matrices.includes(by.matrices)) return false
  return memoryOf(variant) <= memory && threadsOf(variant) <= threads
}
