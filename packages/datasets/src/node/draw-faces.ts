import {
  checkFunction,
  checkInt,
  checkOneOf,
  checkOptions,
  checkTensor,
  type OptionNames,
} from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { type ImageDataset, imageDataset } from '../image-dataset.js'
import { MissingSharp } from './internal/decode-with-sharp.js'

const WHERE = 'datasets.drawFaces'
const SIDE = 16
/** Blue to lilac: pale colours between which nobody sees a difference at a glance. */
const BACKGROUNDS = ['b6e3f4', 'd1d4f9', 'c0aede']

/** What a face shows, and the values of each attribute; colours are as in the picture's source. */
export const FACE_ATTRIBUTES = {
  hair: ['short', 'long'],
  glasses: ['no', 'yes'],
  mouth: ['happy', 'sad'],
  hat: ['no', 'yes'],
  beard: ['no', 'yes'],
  accessories: ['no', 'yes'],
  skinColor: ['#ffdbac', '#f5cfa0', '#eac393', '#e0b687', '#cb9e6e', '#b68655', '#a26d3d', '#8d5524'],
  hairColor: [
    ...['#cab188', '#603a14', '#83623b', '#a78961', '#611c17', '#603015'],
    ...['#612616', '#28150a', '#009bbd', '#bd1700', '#91cb15'],
  ],
  clothingColor: [
    ...['#5bc0de', '#428bca', '#03396c', '#88d8b0', '#44c585', '#00b159'],
    ...['#ff6f69', '#d11141', '#ae0001', '#ffeead', '#ffd969', '#ffc425'],
  ],
  backgroundColor: ['#b6e3f4', '#d1d4f9', '#c0aede'],
} as const satisfies Record<string, readonly string[]>

export type FaceAttribute = keyof typeof FACE_ATTRIBUTES

/** A value for each attribute. */
export type FaceAttributes = { [Name in FaceAttribute]: (typeof FACE_ATTRIBUTES)[Name][number] }

/** The names of the classes: every combination of hair, glasses and mouth, each with some 12 % of the faces. */
export const FACE_CLASSES: readonly string[] = FACE_ATTRIBUTES.hair.flatMap(hair =>
  FACE_ATTRIBUTES.glasses.flatMap(glasses =>
    FACE_ATTRIBUTES.mouth.map(mouth => `${mouth}, ${hair} hair${glasses === 'yes' ? ', glasses' : ''}`),
  ),
)

/** The class of a face, an index of FACE_CLASSES. */
export function faceClass({
  hair,
  glasses,
  mouth,
}: Pick<FaceAttributes, 'hair' | 'glasses' | 'mouth'>): number {
  return 4 * Number(hair === 'long') + 2 * Number(glasses === 'yes') + Number(mouth === 'sad')
}

export interface FacesOptions {
  /** Faces of one split never have a seed of the other. */
  split?: 'train' | 'test'
  /** How many faces. */
  count: number
  /** The number of the first one in its split: the faces are first ... first + count - 1. */
  first?: number
  onProgress?: (done: number, total: number) => void
}

const facesNames: OptionNames<FacesOptions> = {
  split: 'optional',
  count: 'required',
  first: 'optional',
  onProgress: 'optional',
}

/** Faces in memory: images [N,16,16,3], classes by FACE_CLASSES, and the attributes of each face. */
export interface FaceDataset extends ImageDataset {
  readonly attributes: readonly FaceAttributes[]
}

/**
 * Draw faces of 16x16 pixels in colour: the avatars "Pixel Art" of DiceBear, whose design is in the public domain (CC0). There
 * is no end of them: each number is a seed, and gives the same face everywhere. Half of them wear glasses; all else has the
 * frequencies of the original.
 *
 * Needs the optional peer dependencies @dicebear/core and @dicebear/pixel-art (version 9) and sharp. A thousand take about two
 * seconds.
 */
export async function drawFaces(options: FacesOptions): Promise<FaceDataset> {
  const { split, count, first, onProgress } = checked(WHERE, options)
  const avatar = await loadAvatar(WHERE)
  const { default: sharp } = await import('sharp').catch(missing(WHERE, 'sharp', MissingSharp))
  const images = new Uint8Array(count * SIDE * SIDE * 3)
  const labels = new Uint8Array(count)
  const attributes: FaceAttributes[] = []
  for (let i = 0; i < count; i++) {
    const { svg, shown } = avatar(`${split} ${first + i}`)
    images.set(await sharp(Buffer.from(svg)).removeAlpha().raw().toBuffer(), i * SIDE * SIDE * 3)
    labels[i] = faceClass(shown)
    attributes.push(shown)
    onProgress?.(i + 1, count)
  }
  const size = { height: SIDE, width: SIDE, channels: 3 }
  const classes = { labels, classes: FACE_CLASSES.length, classNames: FACE_CLASSES }
  return { ...imageDataset({ images, ...size, ...classes }), attributes }
}

/**
 * The attributes that a classifier of faces reads, such as `readFaceFeatures` of @rectified-flow/eval-fid: of each attribute the value
 * with the largest logit.
 *
 * @param logits  [N,46]: one for each value of each of FACE_ATTRIBUTES, side by side; borrowed
 */
export async function attributesOfLogits(logits: tf.Tensor2D): Promise<FaceAttributes[]> {
  const names = Object.keys(FACE_ATTRIBUTES) as FaceAttribute[]
  const sizes = names.map(name => FACE_ATTRIBUTES[name].length)
  const width = sizes.reduce((a, b) => a + b, 0)
  checkTensor('datasets.attributesOfLogits', 'logits', logits, ['N', width])
  const best = tf.tidy(() =>
    tf.stack(
      tf.split(logits, sizes, 1).map(part => tf.argMax(part, 1)),
      1,
    ),
  )
  const rows = (await best.array()) as number[][]
  best.dispose()
  return rows.map(
    row =>
      Object.fromEntries(names.map((name, i) => [name, FACE_ATTRIBUTES[name][row[i]!]])) as FaceAttributes,
  )
}

/** The attributes of faces that are not drawn: much faster, to count how often each occurs. */
export async function faceAttributes(options: FacesOptions): Promise<FaceAttributes[]> {
  const { split, count, first, onProgress } = checked('datasets.faceAttributes', options)
  const avatar = await loadAvatar('datasets.faceAttributes')
  return Array.from({ length: count }, (_, i) => {
    const { shown } = avatar(`${split} ${first + i}`)
    onProgress?.(i + 1, count)
    return shown
  })
}

function checked(where: string, options: FacesOptions) {
  checkOptions(where, options, facesNames)
  const { split = 'train', count, first = 0, onProgress } = options
  checkOneOf(where, 'split', split, ['train', 'test'])
  checkInt(where, 'count', count, 1)
  checkInt(where, 'first', first, 0)
  if (onProgress !== undefined) checkFunction(where, 'onProgress', onProgress)
  return { split, count, first, onProgress }
}

async function loadAvatar(where: string) {
  const { createAvatar } = await import('@dicebear/core').catch(missing(where, '@dicebear/core'))
  const style = await import('@dicebear/pixel-art').catch(missing(where, '@dicebear/pixel-art'))
  const options = { backgroundColor: BACKGROUNDS, glassesProbability: 50 }
  return (seed: string): { svg: string; shown: FaceAttributes } => {
    const { svg, extra } = createAvatar(style, { seed, size: SIDE, ...options }).toJson()
    const of = extra as Record<string, string | undefined>
    return {
      svg,
      shown: {
        hair: of.hair!.startsWith('long') ? 'long' : 'short',
        glasses: of.glasses ? 'yes' : 'no',
        mouth: of.mouth!.startsWith('happy') ? 'happy' : 'sad',
        hat: of.hat ? 'yes' : 'no',
        beard: of.beard ? 'yes' : 'no',
        accessories: of.accessories ? 'yes' : 'no',
        skinColor: of.skinColor,
        hairColor: of.hairColor,
        clothingColor: of.clothingColor,
        backgroundColor: of.primaryBackgroundColor,
      } as FaceAttributes,
    }
  }
}

/** A rejection handler that says which package is missing. */
function missing(
  where: string,
  name: string,
  Kind: new (message: string, options: ErrorOptions) => Error = Error,
) {
  return (cause: unknown): never => {
    throw new Kind(`${where}: the package ${name} must be installed, got none. Run npm install ${name}.`, {
      cause,
    })
  }
}
