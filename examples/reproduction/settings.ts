/** All settings that decide what a run computes. A run folder holds one run with one set of them. */
export interface Settings {
  backend: string
  seeds: number
  /** Number of pairs of noise and digit, pairs per shard, and the Euler steps in which the teacher, or C, makes each. */
  pairs: number
  shard: number
  pairSteps: number
  /** Training of every row; `real` has other values for the training on real data. */
  iterations: number
  batch: number
  learningRate: number
  warmup: number
  emaDecay: number
  /** Configuration G: the number of real digits, the Euler steps that invert each, and the training on them. */
  real: { images: number; inversionSteps: number; iterations: number; learningRate: number }
  /** A row is measured on this many samples against test images, and its straightness on this many paths. */
  samples: number
  testImages: number
  paths: number
}

export const FULL: Omit<Settings, 'backend'> = {
  seeds: 3,
  pairs: 2048,
  shard: 256,
  pairSteps: 16,
  iterations: 120,
  batch: 32,
  learningRate: 1e-3,
  warmup: 10,
  emaDecay: 0.95,
  real: { images: 1024, inversionSteps: 32, iterations: 12, learningRate: 1e-3 / 20 },
  samples: 2048,
  testImages: 10_000,
  paths: 128,
}

/** Every stage on a few digits: this shows that all stages run, and its numbers mean nothing. */
export const SMOKE: typeof FULL = {
  ...FULL,
  seeds: 2,
  pairs: 16,
  shard: 8,
  pairSteps: 3,
  iterations: 2,
  batch: 4,
  warmup: 1,
  real: { images: 8, inversionSteps: 2, iterations: 1, learningRate: 1e-3 / 20 },
  samples: 80,
  testImages: 100,
  paths: 4,
}
