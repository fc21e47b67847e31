import * as tf from '@tensorflow/tfjs-core'
import type { Communicator } from '../communicator.js'
import { type Slots, slotTensors } from '../trainer-state.js'
import type { Counters } from './counters.js'

interface Together {
  communicator: Communicator
  slots: Slots
}

/**
 * Give every rank the weights, moments and averages of rank 0.
 *
 * @param work  numbers that must be the same on all ranks before anything is sent
 * @returns     the counters of rank 0
 */
export async function broadcastState(
  where: string,
  { communicator, slots }: Together,
  { work, counters }: { work: readonly number[]; counters: Counters },
): Promise<Counters> {
  const sizes = [...slots.values()].map(({ weight }) => weight.size)
  const all = [communicator.size, ...work, sizes.length, sizes.reduce((sum, size) => sum + size, 0)]
  await checkEqual(where, communicator, 'settings and weights', Float64Array.from(all))

  const { step, skipped, skippedInRow, lossScale } = counters
  const sent = Float64Array.of(step, skipped, skippedInRow, lossScale?.scale ?? 0, lossScale?.streak ?? 0)
  await communicator.broadcast(sent)
  for (const [, tensor] of slotTensors(slots)) {
    const data = Float32Array.from(await tensor.data())
    await communicator.broadcast(data)
    if (communicator.rank > 0) tf.tidy(() => tensor.assign(tf.tensor(data, tensor.shape)))
  }
  return {
    step: sent[0]!,
    skipped: sent[1]!,
    skippedInRow: sent[2]!,
    ...(lossScale && { lossScale: { scale: sent[3]!, streak: sent[4]! } }),
  }
}

/** Throw on every rank unless all have the same bits in their weights, averages and moments. */
export async function checkSameWeights(where: string, { communicator, slots }: Together): Promise<void> {
  const digests: Uint8Array[] = []
  for (const [, tensor] of slotTensors(slots))
    digests.push(await sha256(Float32Array.from(await tensor.data())))
  const bytes = await sha256(Uint8Array.from(digests.flatMap(digest => [...digest])))
  await checkEqual(where, communicator, 'weights', Float64Array.from(bytes))
}

/** Throw on every rank, with their numbers, if some have other values than rank 0. */
async function checkEqual(
  where: string,
  communicator: Communicator,
  name: string,
  values: Float64Array,
): Promise<void> {
  const first = Float64Array.from(values)
  await communicator.broadcast(first)
  const differs = new Float32Array(communicator.size)
  differs[communicator.rank] = values.every((value, i) => value === first[i]) ? 0 : 1
  await communicator.allReduceSum(differs)
  const others = [...differs.keys()].filter(rank => differs[rank] !== 0)
  if (others.length > 0)
    throw new RangeError(
      `${where}: ${name} must be the same on all ranks, got others than those of rank 0 on ${others.join(', ')}.`,
    )
}

async function sha256(values: Float32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', values))
}
