import { premetrics } from '@rectified-flow/losses-lpips-huber'
import { couplings } from '@rectified-flow/reflow'
import {
  PAPER_CONFIGS,
  PAPER_DATASETS,
  type PaperConfigName,
  type PaperDataset,
  paperConfig,
  RECIPE_NAMES,
  RECIPES,
  type RecipeName,
} from '@rectified-flow/reflow/paper'
import { timestepDistributions } from '@rectified-flow/timestep-dists'
import { presets } from '@rectified-flow/unet'
import * as z from 'zod'
import { choiceSchema } from './choice-schema.js'
import { described } from './described.js'
import { isSettings, readSettings } from './read-settings.js'
import { type Assignment, withAssignments } from './set-option.js'
import { settingsError } from './settings-problems.js'

const count = z.int().min(1).max(999_999_999) // nine digits in the names of checkpoints
const images = z
  .int()
  .min(1)
  .max(2 ** 20)
const share = z.number().min(0).max(1)
/** The part of an average, or of activations, that is lost. With 1 nothing would be left. */
const lost = z.number().min(0).lt(1)

/** Without a name, the coupling uses its pairs unchanged: fill in the name of that coupling. */
function withPlainName(coupling: unknown): unknown {
  if (typeof coupling !== 'object' || coupling === null) return coupling
  return { name: 'data' in coupling ? 'independent' : 'stored', ...coupling }
}

/** The configuration of a training run. Only the network and the source of pairs have no default. */
const settings = z.strictObject({
  /** A configuration of the paper, such as 'cifar10/F'. Its values are the defaults for this file. */
  paper: z.string().optional(),
  network: z
    .strictObject({
      /** The file of a network: training starts from its weights. */
      initial: z.string().optional(),
      /** The network's configuration in the reference's format, if there is no file or the file doesn't have it. */
      config: z.record(z.string(), z.unknown()).optional(),
      preset: z.enum(Object.keys(presets) as [keyof typeof presets]).optional(),
      /** What the names of the weights in `initial` begin with, if a file holds more than one network. */
      prefix: z.string().optional(),
      dropout: lost.optional(),
      /** The share of the labels that training drops, so that the network can be its own guide. */
      labelDropout: share.optional(),
    })
    .refine(
      ({ initial, config, preset }) => initial ?? config ?? preset,
      'must have initial, config or preset',
    ),
  coupling: z
    .preprocess(
      withPlainName,
      choiceSchema(couplings, {
        /** A store of `rectified-flow pairs`, or a folder in the reference's format. */
        pairs: z.string().optional(),
        /** Only the pairs whose measures (`pairs make --quality`) are in these ranges, such as length: [1, 1.1]. */
        keep: z.record(z.string(), z.tuple([z.number(), z.number()])).optional(),
        /** Images, each paired with its own noise: trains a 1-rectified flow. */
        data: z.string().optional(),
        /** Crop each image of the data to its centre square and resize it; without it, sizes must fit. */
        resolution: z.int().min(1).max(8192).optional(),
      }),
    )
    .refine(
      ({ data, resolution }) => resolution === undefined || data !== undefined,
      'must have resolution only with data',
    )
    .refine(({ pairs, keep }) => keep === undefined || pairs !== undefined, 'must have keep only with pairs')
    .refine(
      ({ pairs, data }) => (pairs === undefined) !== (data === undefined),
      'must have either pairs or data',
    ),
  /** The paper's times and loss, for what `timesteps` and `premetric` don't set. */
  recipe: z.enum(RECIPE_NAMES).default('D'),
  timesteps: choiceSchema(timestepDistributions),
  premetric: choiceSchema(premetrics),
  /** The network of a premetric that needs one: the paper's (its weights are fetched once), or a small one. */
  perceptual: z.enum(['vgg16', 'digits', 'faces']).default('vgg16'),
  steps: count.default(10_000),
  batch: images.default(128),
  microBatches: images.default(1),
  learningRate: z.number().positive().default(2e-4),
  warmup: z.int().min(0).default(1000),
  /** How the rate falls after the warm-up, to 0 at the last step. */
  schedule: z.enum(['constant', 'cosine', 'linear']).default('constant'),
  beta1: lost.default(0.9),
  beta2: lost.default(0.999),
  epsilon: z.number().positive().default(1e-8),
  /** AdamW's decoupled weight decay, of all weights. */
  weightDecay: z.number().min(0).default(0),
  emaDecay: share.default(0.9999),
  clipNorm: z.number().positive().optional(),
  seed: z.int().min(0).default(0),
  /** The most bytes that a file of weights or images may unpack to; by default in proportion to its size. */
  maxBytes: z.int().min(1).optional(),
  /** What convolutions multiply: 'mixed' needs WebGPU. */
  precision: z.enum(['float32', 'mixed']).default('float32'),
  /** The share of the pairs or images that is not trained on, but held out to validate. */
  heldOut: z.number().gt(0).lt(1).optional(),
  validateEvery: count.default(1000),
  validationBatches: count.default(8),
  /** The run ends after this many validations in a row without a loss that is lower by more than `minDelta`. */
  patience: count.optional(),
  minDelta: z.number().min(0).default(0),
  saveEvery: count.default(1000),
  logEvery: count.default(100),
  previewEvery: count.default(1000),
  previewImages: z.int().min(1).max(256).default(16),
})

const schema = settings.superRefine(({ patience, heldOut, schedule, steps, warmup }, { addIssue }) => {
  if (patience !== undefined && heldOut === undefined)
    addIssue({ code: 'custom', path: ['patience'], message: 'must come with heldOut', input: patience })
  if (schedule !== 'constant' && steps <= warmup)
    addIssue({
      code: 'custom',
      path: ['steps'],
      message: `must be more than the warmup (${warmup})`,
      input: steps,
    })
})

export type TrainConfig = z.infer<typeof schema>

/** The names of the settings at a path, where they are the same for each choice. */
function namesAt([first, ...rest]: readonly PropertyKey[]): string[] {
  if (first === undefined) return Object.keys(settings.shape)
  const inner: unknown = rest.length === 0 && settings.shape[first as keyof typeof settings.shape]
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : []
}

/**
 * Read a configuration, YAML or JSON, and check it. One error names all its problems, a line each.
 *
 * @param set  values that replace those of the file
 */
export async function readTrainConfig(path: string, set: readonly Assignment[] = []): Promise<TrainConfig> {
  const given = withAssignments(await readSettings('<config>', path), set)
  const base = given.paper === undefined ? {} : paperValues(path, given.paper)
  const named = String(given.recipe ?? base.recipe) as RecipeName
  const recipe = RECIPES[RECIPE_NAMES.includes(named) ? named : 'D']
  const network = isSettings(given.network) ? { network: { ...base.network, ...given.network } } : {}
  const checked = schema.safeParse({ ...recipe, ...base, ...given, ...network }, { reportInput: true })
  if (checked.success) return checked.data
  throw settingsError(path, checked.error, namesAt)
}

function paperValues(path: string, paper: unknown): Partial<TrainConfig> {
  const [dataset, name, ...rest] = String(paper).split('/')
  const known =
    PAPER_DATASETS.includes(dataset as PaperDataset) && PAPER_CONFIGS.includes(name as PaperConfigName)
  if (!known || rest.length > 0)
    throw new RangeError(
      `'${path}': paper must be one of ${PAPER_DATASETS.join(', ')}, a slash, and a letter of ${PAPER_CONFIGS.join(', ')}, got ${described(paper)}.`,
    )
  const values = paperConfig(dataset as PaperDataset, name as PaperConfigName)
  const { recipe, batch, microBatches, learningRate, warmup, beta1, beta2, epsilon, emaDecay, iterations } =
    values
  return {
    ...{ recipe, batch, microBatches, learningRate, warmup, beta1, beta2, epsilon, emaDecay },
    steps: iterations,
    network: { preset: values.dataset, dropout: values.dropout },
  }
}
