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
  /** How fast it multiplies on a full GPU, as a share of the fastest by threads. For other GPUs, tune.ts measures times. */
  speed: number
  element: Element
  /**
   * Who multiplies: threads, each of which has so many rows and columns of the tile; or subgroups of threads, each of which has
   * `each` of them, by matrices of this side.
   */
  by:
    | { threads: readonly [rows: number, columns: number] }
    | { matrices: number; each: readonly [rows: number, columns: number] }
}

/** The threads of a subgroup that has matrices. */
export const SUBGROUP = 32

/** Numbers between the end of one row of a tile and the next, so that subgroups read rows from different memory banks. */
const PADDING = 8

/** All speeds were measured on an H200: filters of 3x3, 256 channels. Those of float16 by threads differ by less than a tenth. */
const byThreads: readonly Omit<Variant, 'element'>[] = [
  { rows: 64, columns: 128, depth: 16, by: { threads: [8, 8] }, speed: 1 }, // 35 TFLOP/s
  { rows: 128, columns: 128, depth: 16, by: { threads: [8, 8] }, speed: 0.98 },
  { rows: 64, columns: 64, depth: 16, by: { threads: [8, 4] }, speed: 0.94 },
  { rows: 128, columns: 64, depth: 16, by: { threads: [8, 8] }, speed: 0.93 },
  { rows: 32, columns: 64, depth: 16, by: { threads: [4, 8] }, speed: 0.84 },
  { rows: 64, columns: 64, depth: 16, by: { threads: [4, 4] }, speed: 0.82 },
  { rows: 64, columns: 32, depth: 16, by: { threads: [4, 4] }, speed: 0.71 },
  { rows: 32, columns: 32, depth: 16, by: { threads: [4, 4] }, speed: 0.61 },
  { rows: 128, columns: 16, depth: 16, by: { threads: [8, 4] }, speed: 0.55 },
  { rows: 16, columns: 64, depth: 16, by: { threads: [4, 4] }, speed: 0.55 },
]

const byMatrices: readonly Omit<Variant, 'element'>[] = [16, 8].flatMap(matrices => [
  { rows: 128, columns: 128, depth: 32, by: { matrices, each: [64, 64] }, speed: 2.5 }, // 88 TFLOP/s
  { rows: 128, columns: 128, depth: 16, by: { matrices, each: [64, 32] }, speed: 2.3 },
  { rows: 128, columns: 64, depth: 32, by: { matrices, each: [64, 32] }, speed: 1.65 },
  { rows: 64, columns: 64, depth: 32, by: { matrices, each: [32, 32] }, speed: 1.6 },
  { rows: 32, columns: 64, depth: 32, by: { matrices, each: [32, 32] }, speed: 1.3 },
  { rows: 64, columns: 32, depth: 32, by: { matrices, each: [32, 32] }, speed: 1.2 },
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
  const who =
    'threads' in by ? `threads ${by.threads.join('x')}` : `matrices ${by.matrices} in ${by.each.join('x')}`
  return `${element} ${rows}x${columns}x${depth} by ${who}`
}

export function threadsOf({ rows, columns, by }: Variant): number {
  if ('threads' in by) return (rows / by.threads[0]) * (columns / by.threads[1])
  return (rows / by.each[0]) * (columns / by.each[1]) * SUBGROUP
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
