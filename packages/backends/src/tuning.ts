import * as tf from '@tensorflow/tfjs-core'

/** The shaders that were the fastest on a device. It is plain JSON, to be saved and given to `useBackend`. */
export interface Tuning {
  /** The adapter's name. */
  device: string
  /** The name of the variant, by what the factors are and the kind and shapes of the product. */
  variants: Readonly<Record<string, string>>
}

/** By tfjs's backend. */
const tunings = new WeakMap<object, Tuning>()

export const tuningOf = (backend: object): Tuning | undefined => tunings.get(backend)
export const setTuning = (backend: object, tuning: Tuning): void => void tunings.set(backend, tuning)

/** The table that the active backend uses; null if it isn't WebGPU. */
export const tuning = (): Tuning | null => tuningOf(tf.backend()) ?? null

/** Use a table besides the present one, if it is of the active backend's device. */
export function addTuning({ device, variants }: Tuning): void {
  const present = tuning()
  if (present?.device === device)
    setTuning(tf.backend(), { device, variants: { ...present.variants, ...variants } })
}
