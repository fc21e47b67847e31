import type { Tuning } from '../../tuning.js'

/** Tables of devices that were measured. For the others, and for other shapes, `likeliest` estimates. */
export const tuned: readonly Tuning[] = []
