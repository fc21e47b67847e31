import { checkInt, checkOneOf, checkOptions, checkText, type OptionNames } from '@rectified-flow/core'

interface VitSizes {
  /** What records call the network. */
  network: string
  /** Side in pixels of the square image that it is given; a multiple of `patch`. */
  size: number
  /** Side in pixels of a patch. */
  patch: number
  width: number
  depth: number
  heads: number
}

/** DINOv2. Its features are the class token after the last norm, [N,width]. */
export interface Dinov2Config extends VitSizes {
  family: 'dinov2'
  /** Side of the grid of patches that the weights have positions for. They are interpolated to size / patch. */
  grid: number
}

/** The image side of CLIP. Its features are the class token after the last norm and the projection, [N,projection]. */
export interface ClipConfig extends VitSizes {
  family: 'clip'
  projection: number
}

/** The sizes of a vision transformer whose weights have the names of Hugging Face's files. */
export type VitConfig = Dinov2Config | ClipConfig

/** DINOv2 ViT-S/14 without registers, 22 million weights, trained at 518 x 518 and used at 224 x 224: `facebook/dinov2-small`. */
export const dinov2Small: Dinov2Config = {
  family: 'dinov2',
  network: 'DINOv2 ViT-S/14',
  size: 224,
  patch: 14,
  grid: 37,
  width: 384,
  depth: 12,
  heads: 6,
}

/** CLIP ViT-B/32, 88 million weights on the image side: `openai/clip-vit-base-patch32`. */
export const clipBase32: ClipConfig = {
  family: 'clip',
  network: 'CLIP ViT-B/32',
  size: 224,
  patch: 32,
  width: 768,
  depth: 12,
  heads: 12,
  projection: 512,
}

const sizeNames = {
  family: 'required',
  network: 'required',
  size: 'required',
  patch: 'required',
  width: 'required',
  depth: 'required',
  heads: 'required',
} as const
const dinov2Names: OptionNames<Dinov2Config> = { ...sizeNames, grid: 'required' }
const clipNames: OptionNames<ClipConfig> = { ...sizeNames, projection: 'required' }

/** Throw unless a network can be built from this configuration. */
export function checkVitConfig(where: string, config: VitConfig): void {
  if (config?.family === 'clip') checkOptions(where, config, clipNames, 'config')
  else checkOptions<Dinov2Config>(where, config, dinov2Names, 'config')
  checkOneOf(where, 'config.family', config.family, ['dinov2', 'clip'])
  const { family: _, network, ...sizes } = config
  checkText(where, 'config.network', network)
  for (const [name, value] of Object.entries(sizes)) checkInt(where, `config.${name}`, value, 1)
  const { size, patch, width, heads } = config
  if (size % patch !== 0)
    throw new RangeError(`${where}: config.size must be a multiple of the patch of ${patch}, got ${size}.`)
  if (width % heads !== 0)
    throw new RangeError(`${where}: config.width must be a multiple of the ${heads} heads, got ${width}.`)
}
