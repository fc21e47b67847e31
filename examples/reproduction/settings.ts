/** Everything that decides what a run computes; a run folder holds one of these. */
export interface Settings {
  backend: string
  seeds: number
  /** Pairs of noise and digit, in shards, and the Euler steps in which the teacher, or C, makes each. */
  pairs: number
  shard: number
  pairSteps: number
  /** Of each round of Reflow, and of the second. */
  iterations: number
  batch: number
  learningRate: number
  warmup: number
  emaDecay: number
  /** Configuration G: real digits, the Euler steps that invert each, and the training on them. */
  real: { images: number; inversionSteps: number; iterations: number; learningRate: number }
  /** What a row is measured on: samples against test images, and paths whose straightness is measured. */
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

/** Every stage on a handful of digits: shows that all of it runs, and nothing else. */
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
