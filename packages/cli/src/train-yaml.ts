import { Document } from 'yaml'

/** What a configuration takes from its data. */
export interface DataShape {
  count: number
  height: number
  width: number
  channels: number
  classes?: number | undefined
}

/** The largest side of an image that two CPU cores train in an evening. */
const LARGEST = 64

/** The share of the images that is held out, and the fewest images of which that is one. */
const SHARE = 0.05
const FEWEST = 1 / SHARE

/** The text of a configuration for `train`, with a comment above each value. Its sizes suit two CPU cores. */
export function trainYaml(data: string, { count, height, width, channels, classes = 0 }: DataShape): string {
  const side = Math.max(Math.floor(Math.min(height, width, LARGEST) / 4) * 4, 4) // it is halved twice
  const document = new Document()
  document.contents = document.createNode({
    coupling: { data, ...((height !== side || width !== side) && { resolution: side }) },
    network: {
      config: {
        img_resolution: side,
        in_channels: channels,
        out_channels: channels,
        label_dim: classes,
        ...(classes > 0 && { label_dropout: 0.1 }),
        model_channels: 32,
        channel_mult: document.createNode([1, 2, 2], { flow: true }),
        num_blocks: 1,
        attn_resolutions: document.createNode([], { flow: true }),
      },
      dropout: 0.1,
    },
    ...{ recipe: 'B', steps: 5000, batch: 32 },
    ...{ learningRate: 5e-4, warmup: 200, schedule: 'cosine', weightDecay: 0, emaDecay: 0.999 },
    ...(count >= FEWEST && { heldOut: SHARE, validateEvery: 500, validationBatches: 4, patience: 5 }),
    ...{ saveEvery: 500, logEvery: 50, previewEvery: 500, previewImages: 16, seed: 0 },
  })
  document.commentBefore = ` A 1-rectified flow of ${data}. Every value can be changed here, or with --set.`
  for (const [path, comment] of Object.entries(COMMENTS)) putComment(document, path.split('.'), comment)
  return document.toString({ lineWidth: 130 })
}

const COMMENTS: Readonly<Record<string, string>> = {
  coupling: 'Where the pairs of data and noise come from.',
  'coupling.data':
    'The images; each is paired with its own noise. `pairs: FOLDER` instead trains on pairs that `pairs` made.',
  'coupling.resolution': 'The side that images are cropped and resized to.',
  network: 'The network: from scratch, or with `initial: FILE` from the weights of a file.',
  'network.config': "A small SongUNet, in the reference's names.",
  'network.config.img_resolution': 'The side of its images.',
  'network.config.in_channels': '1 for grey images, 3 for colour.',
  'network.config.out_channels': 'The same number.',
  'network.config.label_dim': 'The number of classes that the network knows; 0 for none.',
  'network.config.label_dropout':
    'The share of the labels that training drops, so that `sample --guidance` works.',
  'network.config.model_channels': 'Channels of the first level. More draw better and take longer.',
  'network.config.channel_mult':
    'Each level has half the side of the one before, and so many times the channels.',
  'network.config.num_blocks': 'Residual blocks in each level.',
  'network.config.attn_resolutions': 'The sides of the levels with attention.',
  'network.dropout': 'The share of the activations that is set to 0 in training, against overfitting.',
  recipe:
    "The paper's times and loss: B has uniform times and squared differences. For pairs of a flow, take C, D, E or F.",
  steps: 'Steps in all. Half of them already show what the data are.',
  batch: 'Images in a step.',
  learningRate: 'The rate after the warm-up.',
  warmup: 'Steps in which the rate rises from 0.',
  schedule: 'How the rate falls after that: constant, cosine, linear.',
  weightDecay: 'The weight decay of AdamW; 0 is Adam.',
  emaDecay:
    'How much of the average of the weights each step keeps. The average is the network that a run gives.',
  heldOut: 'The share of the images that is not trained on, to validate.',
  validateEvery: 'Steps between validations.',
  validationBatches: 'Batches of a validation.',
  patience: 'The run ends after so many validations without a lower loss.',
  saveEvery: 'Steps between checkpoints.',
  logEvery: 'Steps between lines of metrics.jsonl.',
  previewEvery: 'Steps between previews: samples in 1, 2 and 4 steps, and paths.',
  previewImages: 'Images of a preview.',
  seed: 'Decides everything that is random. The same seed gives the same network.',
}

/** Put a comment above a value. */
function putComment(document: Document, path: readonly string[], comment: string): void {
  const parent = document.getIn(path.slice(0, -1), true) as {
    items: { key: { value: string; commentBefore?: string } }[]
  }
  const holder = path.length === 1 ? (document.contents as unknown as typeof parent) : parent
  const item = holder.items.find(({ key }) => key.value === path.at(-1))
  if (item) item.key.commentBefore = ` ${comment}`
}
