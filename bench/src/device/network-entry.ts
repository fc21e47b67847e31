import type { NetworkName } from './sizes.js'
import type { Timing } from './timed.js'

/** The time of a network, ours or PyTorch's (bench/pytorch/device.py). */
export interface NetworkEntry extends Timing {
  by: 'ours' | 'PyTorch'
  network: NetworkName
  what: 'training step' | 'forward' | 'sampling in one step' | 'one image, from noise to the host'
  batch: number
  precision: 'float32' | 'TF32' | 'mixed' | 'bfloat16'
  /** 'replayed' is ours as `compile` runs it, 'compile' is torch.compile. */
  mode: 'eager' | 'replayed' | 'compile'
  /** Why ours stayed eager. */
  why?: string
  /** PyTorch's memory format. */
  setup?: string
  /** MiB: of all buffers of our backend, or of PyTorch's tensors at most. */
  buffersMiB?: number
}

export type NetworkWork = Pick<NetworkEntry, 'by' | 'network' | 'what' | 'batch' | 'precision' | 'mode'>

/** Whether an entry is such a time. */
export const isNetworkEntry = (entry: object): boolean =>
  'network' in entry && 'mode' in entry && 'ms' in entry

/** The fastest entry of this work: PyTorch's may be in two memory formats. */
export function fastest(
  entries: readonly NetworkEntry[],
  work: Partial<NetworkWork>,
): NetworkEntry | undefined {
  const fits = (entry: NetworkEntry) =>
    Object.entries(work).every(([name, value]) => entry[name as keyof NetworkWork] === value)
  return entries.filter(fits).sort((a, b) => a.ms - b.ms)[0]
}
