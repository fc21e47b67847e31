import { type HostTensor, toFloat32 } from '@rectified-flow/checkpoints'

/** The numbers of a weight. Throws unless it is there, with this shape. */
export type WeightReader = (name: string, ...shape: number[]) => Float32Array

/** A reader of the weights in a file, by name. */
export function weightReader(where: string, tensors: ReadonlyMap<string, HostTensor>): WeightReader {
  return (name, ...shape) => {
    const found = tensors.get(name)
    if (!found || String(found.shape) !== String(shape))
      throw new RangeError(
        `${where}: ${name} must have shape [${shape}], got ${found ? `[${found.shape}]` : 'none'}.`,
      )
    return toFloat32(found)
  }
}
