import { type HostTensor, toFloat32 } from '@rectified-flow/checkpoints'
import type * as tf from '@tensorflow/tfjs-core'

/** The arrays of a file of a Python script, as numbers. */
export type Numbers = (name: string) => ArrayLike<number>

/** The same numbers from here and from a Python package. */
export interface Comparison {
  /** What they are, in a few words. */
  what: string
  ours: ArrayLike<number>
  theirs: ArrayLike<number>
  /** The largest difference that passes, as a share of their largest number; 0 for the same numbers. */
  limit: number
}

/** Makes comparisons with their numbers by name. */
export function against(theirs: Numbers) {
  return (what: string, ours: ArrayLike<number>, name: string, limit = 0): Comparison => ({
    what,
    ours,
    theirs: theirs(name),
    limit,
  })
}

/** A Python package that does what a package here does. */
export interface Peer {
  /** Its name on PyPI. */
  name: string
  /** Write files into the folder that the script `python/against_NAME.py` reads. Returns the arrays of its in.npz. */
  prepare(folder: string): Promise<Record<string, HostTensor>>
  /** Compute the same, and compare. `theirs` has the arrays of the script's out.npz. */
  compare(folder: string, theirs: Numbers): Promise<Comparison[]>
}

/** The largest difference, as a share of their largest number. NaN unless both have as many numbers. */
export function errorOf({ ours, theirs }: Pick<Comparison, 'ours' | 'theirs'>): number {
  if (ours.length !== theirs.length) return Number.NaN
  let [apart, largest] = [0, 0]
  for (let i = 0; i < theirs.length; i++) {
    if (!Number.isFinite(ours[i]) || !Number.isFinite(theirs[i])) return Number.NaN
    apart = Math.max(apart, Math.abs(ours[i]! - theirs[i]!))
    largest = Math.max(largest, Math.abs(theirs[i]!))
  }
  return apart === 0 ? 0 : apart / largest
}

export function passes(comparison: Comparison): boolean {
  return comparison.theirs.length > 0 && errorOf(comparison) <= comparison.limit
}

/** The arrays of a .npz file as numbers; those of float64 keep all digits. */
export function numbersOf(arrays: ReadonlyMap<string, HostTensor>): Numbers {
  return name => {
    const array = arrays.get(name)
    if (!array) throw new RangeError(`out.npz must have an array '${name}', got ${[...arrays.keys()]}.`)
    return array.data instanceof Float64Array ? array.data : toFloat32(array)
  }
}

/** An array for in.npz. */
export function array(data: Float32Array | Float64Array | Uint8Array, shape: number[]): HostTensor {
  const dtype = data instanceof Float32Array ? 'F32' : data instanceof Float64Array ? 'F64' : 'U8'
  return { dtype, shape, data }
}

/** A tensor's numbers. It is disposed. */
export async function numbersOfTensor(tensor: tf.Tensor): Promise<ArrayLike<number>> {
  const values = await tensor.data()
  tensor.dispose()
  return values
}
