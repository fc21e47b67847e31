import { checkOneOf } from '@rectified-flow/core'
import type { RecipeName } from './recipes.js'

/** Datasets of the paper, named as their networks in `presets` of `@rectified-flow/unet`. */
export const PAPER_DATASETS = ['cifar10', 'afhq64', 'ffhq64', 'imagenet64'] as const
export type PaperDataset = (typeof PAPER_DATASETS)[number]

/** The paper's configurations, in the order in which they improve on each other. */
export const PAPER_CONFIGS = ['A', 'B', 'C', 'D', 'E', 'F', 'G'] as const
export type PaperConfigName = (typeof PAPER_CONFIGS)[number]

/** All settings of one configuration, as plain values. */
export interface PaperConfig {
  dataset: PaperDataset
  name: PaperConfigName
  /** Shape of one image, [H,W,C]. */
  shape: readonly [number, number, number]
  /** Number of classes; absent if training is unconditional. */
  classes?: number
  /** Timesteps and loss, as a name for `recipe`. */
  recipe: RecipeName
  /** Whether training starts from the weights of EDM's network, which is also the teacher. */
  initialWeights: 'edm' | 'random'
  /** The teacher's pairs: `sampleEdm` in `steps` noise levels, 2 steps - 1 calls. */
  pairs: { count: number; teacherSteps: number; teacherNfe: number }
  batch: number
  microBatches: number
  learningRate: number
  /** Steps of `warmUp`. */
  warmup: number
  iterations: number
  beta1: number
  beta2: number
  epsilon: number
  emaDecay: number
  dropout: number
  /** The initial loss scale of the reference's half-precision network, for `dynamicLossScale`; float32 needs none. */
  halfPrecisionLossScale?: number
  /** Fine-tuning after the recipe, on pairs of real images and inverted noise (`invertPairs`). */
  realData?: { images: number; inversionSteps: number; iterations: number; learningRate: number }
}

const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, emaDecay: 0.9999 }
const MANY_PAIRS = { count: 5_000_000, teacherSteps: 40, teacherNfe: 79 }
const FACES = {
  shape: [64, 64, 3],
  pairs: MANY_PAIRS,
  batch: 256,
  microBatches: 1,
  learningRate: 2e-4,
  warmup: 5000,
  iterations: 1_000_000,
  dropout: 0.25,
} as const

const SETTINGS = {
  cifar10: {
    shape: [32, 32, 3],
    pairs: { count: 1_000_000, teacherSteps: 18, teacherNfe: 35 },
    batch: 512,
    microBatches: 1,
    learningRate: 2e-4,
    warmup: 5000,
    iterations: 800_000,
    dropout: 0.13,
  },
  afhq64: FACES,
  ffhq64: FACES,
  imagenet64: {
    shape: [64, 64, 3],
    classes: 1000,
    pairs: MANY_PAIRS,
    batch: 2048,
    microBatches: 4,
    learningRate: 1e-4,
    warmup: 2500,
    iterations: 700_000,
    dropout: 0.1,
    halfPrecisionLossScale: 2 ** 15,
  },
} as const

/**
 * A configuration of "Improving the Training of Rectified Flows" (arXiv 2405.20320, table 1 and its appendix):
 *
 *   A  uniform t, squared L2, random weights, batch 128: plain 2-rectified flow
 *   B  A with EDM's weights and a larger batch
 *   C  B with U-shaped t
 *   D  C with pseudo-Huber
 *   E  C with LPIPS-Huber
 *   F  E with the perceptual term over t
 *   G  F, then fine-tuned on inverted real data
 *
 * The paper runs A to G on CIFAR-10, F on AFHQ, E on FFHQ (whose settings here are those of AFHQ) and E and F on ImageNet.
 */
export function paperConfig(dataset: PaperDataset, name: PaperConfigName): PaperConfig {
  const where = 'reflow.paperConfig'
  checkOneOf(where, 'dataset', dataset, PAPER_DATASETS)
  checkOneOf(where, 'name', name, PAPER_CONFIGS)
  const recipes: Partial<Record<PaperConfigName, RecipeName>> = { A: 'B', G: 'F' }
  return {
    dataset,
    name,
    ...SETTINGS[dataset],
    ...ADAM,
    recipe: recipes[name] ?? (name as RecipeName),
    initialWeights: name === 'A' ? 'random' : 'edm',
    ...(name === 'A' && { batch: 128, microBatches: 1 }),
    ...(name === 'G' && {
      realData: { images: 50_000, inversionSteps: 128, iterations: 5000, learningRate: 1e-5 },
    }),
  }
}
