import type { AdamSlot } from '@rectified-flow/backends'
import * as tf from '@tensorflow/tfjs-core'
import type { LossScaleState } from './loss-scale.js'

/** A trainer's whole state, on the host: the weights, their moving average, Adam's moments and the counters. */
export interface TrainerState {
  /** Steps done, skipped ones included. */
  step: number
  /** Skipped steps: their loss or gradients were not finite, so they changed no weight. */
  skipped: number
  /** How many of the latest steps in a row were skipped. */
  skippedInRow: number
  /** Present if losses are scaled. */
  lossScale?: LossScaleState
  /** `weight/NAME`, `ema/NAME`, `m/NAME`, `v/NAME` for each weight; `memory` of a loss of a batch. */
  tensors: Map<string, { shape: number[]; data: Float32Array }>
}

const PARTS = ['weight', 'ema', 'm', 'v'] as const
export type Slots = ReadonlyMap<string, AdamSlot>

export function slotOf(weight: tf.Variable): AdamSlot {
  return tf.tidy(() => ({
    weight,
    m: tf.variable(tf.zerosLike(weight), false),
    v: tf.variable(tf.zerosLike(weight), false),
    ema: tf.variable(tf.clone(weight), false),
  }))
}

/** What `body` returns while the weights are their averages. The tensors change places, so nothing is copied. */
export function withAverages<Result>(slots: Slots, body: () => Result): Result {
  const swap = () => {
    for (const { weight, ema } of slots.values()) [weight.dataId, ema.dataId] = [ema.dataId, weight.dataId]
  }
  swap()
  try {
    return body()
  } finally {
    swap()
  }
}

/** The tensors of all slots, by their names in a state. */
export function slotTensors(slots: Slots): Map<string, tf.Variable> {
  return new Map(
    [...slots].flatMap(([name, slot]) => PARTS.map(part => [`${part}/${name}`, slot[part]] as const)),
  )
}

/** What a state holds, by its key. */
function stateTensors(slots: Slots, memory: tf.Tensor1D | undefined): Map<string, tf.Tensor> {
  return new Map<string, tf.Tensor>(memory ? [...slotTensors(slots), ['memory', memory]] : slotTensors(slots))
}

/** A copy of all slots, and of what a loss of a batch remembers, on the host. */
export async function readSlots(slots: Slots, memory?: tf.Tensor1D): Promise<TrainerState['tensors']> {
  const entries = [...stateTensors(slots, memory)].map(async ([key, tensor]) => {
    const data = Float32Array.from(await tensor.data())
    return [key, { shape: tensor.shape, data }] as const
  })
  return new Map(await Promise.all(entries))
}

/** Fill all slots. All tensors are checked before any slot changes, also the memory, which the caller replaces. */
export function writeSlots(
  where: string,
  slots: Slots,
  tensors: TrainerState['tensors'],
  memory?: tf.Tensor1D,
): void {
  const places = stateTensors(slots, memory)
  for (const [key, { isDisposed }] of places)
    if (isDisposed)
      throw new TypeError(`${where}: ${key} of the trainer must be a live tensor, got a disposed one.`)
  const wrong = [...places].filter(([key, to]) => !fits(tensors.get(key), to))
  const other = [...tensors.keys()].filter(key => !places.has(key))
  if (wrong.length > 0 || other.length > 0) {
    const few = [...wrong.map(([key, to]) => `${key} [${to.shape}]`), ...other].slice(0, 5)
    throw new RangeError(
      `${where}: state must hold the weights of this network in float32, got ${wrong.length} missing or of another shape ` +
        `or dtype, and ${other.length} of another network: ${few}.`,
    )
  }
  for (const [key, to] of places) {
    if (!(to instanceof tf.Variable)) continue
    const { shape, data } = tensors.get(key)!
    tf.tidy(() => to.assign(tf.tensor(data, shape)))
  }
}

/** A state may come from a file, where a tensor can have any dtype. */
function fits(given: { shape: number[]; data: unknown } | undefined, to: tf.Tensor): boolean {
  if (!given || String(given.shape) !== String(to.shape)) return false
  return given.data instanceof Float32Array && given.data.length === to.size
}
