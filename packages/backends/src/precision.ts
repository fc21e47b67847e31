import * as tf from '@tensorflow/tfjs-core'

/**
 * What convolutions multiply. 'float32': float32 numbers. 'mixed': both factors of each product are rounded to float16, and
 * the products are added up in float32. Weights, activations and everything else stay float32.
 */
export type Precision = 'float32' | 'mixed'

export const PRECISIONS = ['float32', 'mixed'] as const satisfies readonly Precision[]

/** By tfjs's backend. */
const precisions = new WeakMap<object, Precision>()

export const precisionOf = (backend: object): Precision => precisions.get(backend) ?? 'float32'

/** The precision of the active backend. */
export const precision = (): Precision => precisionOf(tf.backend())

export const setPrecision = (precision: Precision): void => void precisions.set(tf.backend(), precision)
