/** All numbers that decide what a run computes. */
export interface Settings {
  backend: string
  /** Pairs of noise and image, and the Euler steps in which the teacher makes each. */
  pairs: number
  pairSteps: number
  /**
   * Passes through the network that a row is trained with, where a backward pass counts as two: 2400 are 800 steps of a velocity, or
   * 480 of MeanFlow, with its two values for the derivative.
   */
  passes: number
  batch: number
  learningRate: number
  warmup: number
  emaDecay: number
  /** A row is measured on this many samples, against so many test images. */
  samples: number
  testImages: number
}

export const DIGITS: Omit<Settings, 'backend'> = {
  pairs: 4096,
  pairSteps: 16,
  passes: 2400,
  batch: 64,
  learningRate: 5e-4,
  warmup: 20,
  emaDecay: 0.99,
  samples: 2048,
  testImages: 10_000,
}

/** Every stage on a few images: this shows that all stages run, and its numbers mean nothing. */
export const SMOKE: Omit<Settings, 'backend'> = {
  ...DIGITS,
  pairs: 16,
  pairSteps: 2,
  passes: 15,
  batch: 4,
  warmup: 1,
  samples: 80,
  testImages: 100,
}

/** One seed of a run, in the folder `out`. */
export interface Run {
  out: string
  seed: number
  settings: Settings
  log: (line: string) => void
}
