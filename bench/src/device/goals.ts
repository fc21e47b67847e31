import { fastest, type NetworkEntry, type NetworkWork } from './network-entry.js'

/** What the packages should reach on a GPU. */
export interface Goal {
  goal: string
  /** The largest allowed value: a multiple of PyTorch's time, or milliseconds. */
  allowed: number
  /** Undefined if it was not measured. */
  measured?: number
}

/** Compare the measured times with the goals. */
export function goalsOf(entries: readonly NetworkEntry[]): Goal[] {
  const multiple = (
    work: Pick<NetworkWork, 'network' | 'batch'>,
    ours: NetworkWork['precision'],
    theirs: NetworkWork['precision'],
  ): number | undefined => {
    const step = { ...work, what: 'training step' } as const
    const a = fastest(entries, { ...step, by: 'ours', mode: 'replayed', precision: ours })
    const b = fastest(entries, { ...step, by: 'PyTorch', mode: 'eager', precision: theirs })
    return a && b && a.ms / b.ms
  }
  const small = { network: 'small', batch: 8 } as const
  const cifar10 = { network: 'cifar10', batch: 128 } as const
  return [
    {
      goal: 'training step, small network, batch 8: float32 / PyTorch eager float32',
      allowed: 1,
      measured: multiple(small, 'float32', 'float32'),
    },
    {
      goal: 'training step, CIFAR-10 network, batch 128: float32 / PyTorch eager float32',
      allowed: 2,
      measured: multiple(cifar10, 'float32', 'float32'),
    },
    {
      goal: 'training step, CIFAR-10 network, batch 128: mixed / PyTorch eager bfloat16',
      allowed: 4,
      measured: multiple(cifar10, 'mixed', 'bfloat16'),
    },
    {
      goal: 'one 32x32 image in one step, CIFAR-10 network, from noise to the host: ms',
      allowed: 10,
      measured: fastest(entries, {
        ...{ by: 'ours', network: 'cifar10', batch: 1, mode: 'replayed' },
        what: 'one image, from noise to the host',
      })?.ms,
    },
  ]
}
