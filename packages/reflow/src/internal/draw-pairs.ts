import { batchOf, type Coupling, checkKind, checkTensor, type Pairs, type Rows } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'

/** The pairs of a step, checked: the whole batch, or these rows of it, which a coupling may give alone or with the others. */
export async function drawPairs(
  where: string,
  coupling: Coupling,
  step: number,
  { batch, rows }: { batch: number; rows: Rows | undefined },
): Promise<Pairs> {
  const pairs = await (rows ? coupling.draw(step, batch, rows) : coupling.draw(step, batch))
  try {
    checkKind(where, "the coupling's pairs", pairs, 'an object of x and z', ['x', 'z'])
    const drawn = rows && pairs.x?.shape?.[0] === rows.count ? rows.count : batch
    checkTensor(where, 'pairs.x', pairs.x, [drawn, '...'])
    checkTensor(where, 'pairs.z', pairs.z, pairs.x.shape)
    if (pairs.labels) checkTensor(where, 'pairs.labels', pairs.labels, [drawn, 'L'])
  } catch (error) {
    tf.dispose(pairs)
    throw error
  }
  return rows && batchOf(pairs.x) !== rows.count ? rowsOnly(pairs, rows) : pairs
}

/** These rows of the pairs, which are disposed of. */
function rowsOnly(pairs: Pairs, { first, count }: Rows): Pairs {
  const { x, z, labels } = pairs
  const some = <T extends tf.Tensor>(tensor: T): T => tf.slice(tensor, first, count) as T
  try {
    return { x: some(x), z: some(z), ...(labels && { labels: some(labels) }) }
  } finally {
    tf.dispose(pairs)
  }
}
