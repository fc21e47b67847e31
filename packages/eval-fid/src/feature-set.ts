import { checkFinite, checkKind } from '@rectified-flow/core'

/** Feature vectors on the host: [N,F], row-major. */
export interface FeatureSet {
  data: ArrayLike<number>
  shape: readonly [samples: number, features: number]
}

/**
 * The numbers of sets as float64, so that the loops over them see one kind of array. Throws unless each set has the numbers
 * of its shape, all finite, at least `least` samples, and as many features as the first set.
 */
export function toFloat64<Name extends string>(
  where: string,
  sets: Record<Name, FeatureSet>,
  least: number,
): Record<Name, Float64Array> {
  let width: number | undefined
  const numbers: Partial<Record<Name, Float64Array>> = {}
  for (const [name, set] of Object.entries<FeatureSet>(sets)) {
    checkKind(where, name, set, 'a set of features such as collectFeatures gives', ['data', 'shape'])
    const { data, shape } = set
    const [samples, features] = shape
    if (shape.length !== 2 || samples < least || features !== (width ?? features))
      throw new RangeError(
        `${where}: ${name} must have shape [N,${width ?? 'F'}] with N >= ${least}, got [${shape}].`,
      )
    if (data.length !== samples * features)
      throw new RangeError(
        `${where}: ${name} must hold ${samples * features} numbers for shape [${shape}], got ${data.length}.`,
      )
    checkFinite(where, name, data)
    width = features
    numbers[name as Name] = new Float64Array(data)
  }
  return numbers as Record<Name, Float64Array>
}
