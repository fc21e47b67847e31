/** A residual block: norm, silu, conv, embedding, norm, silu, conv, plus the skip around them; then perhaps attention. */
export interface BlockLayer extends LayerBase {
  kind: 'block'
  resample: 'up' | 'down' | null
  /** Heads of the attention; 0 for none. */
  heads: number
  /** Whether the skip has a convolution. */
  project: boolean
}

/** The other layers: the first conv, the image's own way down (aux skip, aux residual) and up, and the output. */
export interface PlainLayer extends LayerBase {
  kind: 'conv' | 'auxDown' | 'auxSkip' | 'auxResidual' | 'auxUp' | 'auxOut'
}

interface LayerBase {
  /** The reference's name, the prefix of its weights' names. */
  name: string
  side: 'enc' | 'dec'
  in: number
  out: number
}

export type Layer = BlockLayer | PlainLayer

/** Groups of a group normalisation: 32, or fewer so that each has at least 4 channels. */
export function groupsOf(channels: number): number {
  return Math.max(1, Math.min(32, Math.floor(channels / 4)))
}

/** Channels of each group normalisation of the layer. */
export function normalizedChannels(layer: Layer): number[] {
  if (layer.kind === 'block') return [layer.in, layer.out]
  return layer.kind === 'auxOut' ? [layer.in] : []
}

export function sideOf(name: string): 'enc' | 'dec' {
  return name.startsWith('enc') ? 'enc' : 'dec'
}
