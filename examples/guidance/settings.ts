/** How a network of this example is trained. */
export interface Training {
  steps: number
  batch: number
  learningRate: number
}

/** All numbers that decide what a run computes. */
export interface Settings {
  backend: string
  /** A teacher that this example trains. The guide has half its channels and a quarter of its steps: worse in the same way. */
  teacher: Training
  guide: Training
  /** Faces to train on; of digits there are 60,000. */
  trainImages: number
  /** A row is measured on this many samples, each in so many Euler steps, against so many test images. */
  samples: number
  steps: number
  testImages: number
}

const training = { batch: 64, learningRate: 2e-3 }

export const SETTINGS: Omit<Settings, 'backend'> = {
  teacher: { ...training, steps: 3000 },
  guide: { ...training, steps: 750 },
  trainImages: 40_000,
  samples: 2048,
  steps: 16,
  testImages: 8192,
}

/** The shipped teacher of faces was trained for 6,000 steps. */
export const FACES: Omit<Settings, 'backend'> = { ...SETTINGS, guide: { ...training, steps: 1500 } }

/** Every stage on a few images: this shows that all stages run, and its numbers mean nothing. */
export const SMOKE: Omit<Settings, 'backend'> = {
  teacher: { ...training, steps: 4, batch: 4 },
  guide: { ...training, steps: 2, batch: 4 },
  trainImages: 16,
  samples: 80,
  steps: 2,
  testImages: 100,
}
