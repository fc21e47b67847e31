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
  /** `weight/NAME`, `ema/NAME`, `m/NAME`, `v/NAME` for each weight. */
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

/** A copy of all slots on the host. */
export async function readSlots(slots: Slots): Promise<TrainerState['tensors']> {
  const entries = [...slots].flatMap(([name, slot]) =>
    PARTS.map(async part => {
      const data = Float32Array.from(await slot[part].data())
      return [`${part}/${name}`, { shape: slot[part].shape, data }] as const
    }),
  )
  return new Map(await Promise.all(entries))
}

/** Fill all slots. All tensors are checked before any slot changes. */
export function writeSlots(where: string, slots: Slots, tensors: TrainerState['tensors']): void {
  const entries = [...slots].flatMap(([name, slot]) =>
    PARTS.map(part => [slot[part], `${part}/${name}`] as const),
  )
  const wrong = entries.filter(([to, key]) => String(tensors.get(key)?.shape) !== String(to.shape))
  if (wrong.length > 0)
    throw new RangeError(
      `${where}: state must hold the weights of this network, got ${wrong.length} missing or of another shape: ` +
        `${wrong.slice(0, 5).map(([to, key]) => `${key} [${to.shape}]`)}.`,
    )
  for (const [to, key] of entries) {
    const { shape, data } = tensors.get(key)!
    tf.tidy(() => to.assign(tf.tensor(data, shape)))
  }
}
