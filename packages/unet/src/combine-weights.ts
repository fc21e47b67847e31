import { type HostTensor, toFloat32 } from '@rectified-flow/checkpoints'
import { checkFinite, checkKind } from '@rectified-flow/core'

type Tensors = ReadonlyMap<string, HostTensor>

/**
 * The sum of a network's weights at several moments, each times its factor; sums are in float64. Snapshots are read one after the
 * other, so a generator that reads files needs memory for two.
 *
 *     const tensors = await combineWeights(snapshots, postHocWeights(profiles, { sigmaRel: 0.15, update: 8000 }))
 *     const net = createUNet(config, { tensors })
 *
 * @param snapshots  host tensors by name, such as those of `saveWeights` or `readSafetensorsFile`; all with the same names
 * @param factors    a number for each snapshot
 */
export async function combineWeights(
  snapshots: Iterable<Tensors> | AsyncIterable<Tensors>,
  factors: ArrayLike<number>,
): Promise<Map<string, HostTensor>> {
  const where = 'unet.combineWeights'
  checkKind(where, 'factors', factors, 'a list of numbers', ['length'])
  checkFinite(where, 'factors', factors)
  const sums = new Map<string, { shape: number[]; sum: Float64Array }>()
  let count = 0
  for await (const tensors of snapshots) {
    const factor = factors[count++]
    if (factor === undefined) continue // counted for the error below
    if (count === 1)
      for (const [name, { shape, data }] of tensors)
        sums.set(name, { shape: [...shape], sum: new Float64Array(data.length) })
    if (tensors.size !== sums.size)
      throw new RangeError(
        `${where}: snapshots[${count - 1}] must have ${sums.size} tensors, as the first, got ${tensors.size}.`,
      )
    for (const [name, { shape, sum }] of sums) {
      const tensor = tensors.get(name)
      if (String(tensor?.shape) !== String(shape))
        throw new RangeError(
          `${where}: snapshots[${count - 1}] must have ${name} of shape [${shape}], as the first, got ${tensor ? `[${tensor.shape}]` : 'none'}.`,
        )
      if (factor === 0) continue
      const values = toFloat32(tensor!)
      for (let i = 0; i < sum.length; i++) sum[i]! += factor * values[i]!
    }
  }
  if (count !== factors.length)
    throw new RangeError(
      `${where}: factors must have a number for each of ${count} snapshots, got ${factors.length}.`,
    )
  return new Map(
    [...sums].map(([name, { shape, sum }]) => [name, { dtype: 'F32', shape, data: Float32Array.from(sum) }]),
  )
}
