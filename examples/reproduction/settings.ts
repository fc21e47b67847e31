/** The sizes of a miniature: all numbers that decide what its rows compute. */
export interface Sizes {
  seeds: number
  /** Number of pairs of noise and image, pairs per shard, and the Euler steps in which the teacher, or C, makes each. */
  pairs: number
  shard: number
  pairSteps: number
  /** Training of every row. After each number of steps in `curve`, of which the last ends it, the row is measured. */
  curve: readonly number[]
  batch: number
  learningRate: number
  warmup: number
  emaDecay: number
  /** Configuration G: the number of real images, the Euler steps that invert each, and the training on them. */
  real: { images: number; inversionSteps: number; iterations: number; learningRate: number }
  /** A row is measured on this many samples against test images, and its straightness on this many paths. */
  samples: number
  testImages: number
  paths: number
  /** The frequencies of what faces show are those of so many: 50,000 give them within 0.2 %. */
  trueFaces: number
}

/** All settings that decide what a run computes. A run folder holds one run with one set of them. */
export interface Settings extends Sizes {
  backend: string
  miniature: string
}

export const DIGITS: Sizes = {
  seeds: 5,
  pairs: 4096,
  shard: 512,
  pairSteps: 16,
  curve: [25, 50, 100, 200],
  batch: 64,
  learningRate: 5e-4,
  warmup: 20,
  emaDecay: 0.99,
  real: { images: 2048, inversionSteps: 32, iterations: 100, learningRate: 1e-3 / 20 },
  samples: 2048,
  testImages: 10_000,
  paths: 128,
  trueFaces: 50_000,
}

export const FACES: Sizes = {
  ...DIGITS,
  seeds: 3,
  pairs: 8192,
  curve: [50, 100, 200, 400],
  testImages: 8192,
}

/** Every stage on a few images: this shows that all stages run, and its numbers mean nothing. */
export const SMOKE: Sizes = {
  ...DIGITS,
  seeds: 2,
  pairs: 16,
  shard: 8,
  pairSteps: 3,
  curve: [1, 2],
  batch: 4,
  warmup: 1,
  real: { images: 8, inversionSteps: 2, iterations: 1, learningRate: 1e-3 / 20 },
  samples: 24,
  testImages: 50,
  paths: 4,
  trueFaces: 2000,
}
