import type { ResolvedConfig } from '../config.js'

/** A residual block: norm, silu, conv, plus embedding, norm, silu, conv, plus the way around; then perhaps attention. */
export interface BlockLayer extends LayerBase {
  kind: 'block'
  resample: 'up' | 'down' | null
  attention: boolean
}

/** The other parts: the first conv, the image's own way down (aux skip, aux residual) and up, and the way out. */
export interface PlainLayer extends LayerBase {
  kind: 'conv' | 'auxDown' | 'auxSkip' | 'auxResidual' | 'auxUp' | 'auxOut'
}

interface LayerBase {
  /** The reference's name, the prefix of its weights' names. */
  name: string
  side: 'enc' | 'dec'
  in: number
  out: number
  /** Channels that pass a group normalisation. */
  normalized: number[]
}

export type Layer = BlockLayer | PlainLayer

/** The layers of a SongUNet in the order that they run (Song et al., arXiv 2011.11456, appendix G; EDM, table 1). */
export function songLayers(config: ResolvedConfig): Layer[] {
  const { imgResolution, inChannels, outChannels, modelChannels, channelMult, numBlocks } = config
  const { attnResolutions, encoderType, decoderType } = config
  const layers: Layer[] = []
  const skips: number[] = []
  let [channels, aux] = [inChannels, inChannels]

  const plain = (kind: PlainLayer['kind'], name: string, input: number, out: number, normalized = 0) =>
    layers.push({
      kind,
      name,
      side: name.startsWith('enc') ? 'enc' : 'dec',
      in: input,
      out,
      normalized: normalized ? [normalized] : [],
    })
  const block = (
    name: string,
    input: number,
    out: number,
    attention: boolean,
    resample: BlockLayer['resample'] = null,
  ) => {
    const side = name.startsWith('enc') ? 'enc' : 'dec'
    layers.push({ kind: 'block', name, side, in: input, out, resample, attention, normalized: [input, out] })
    channels = out
  }

  for (const [level, mult] of channelMult.entries()) {
    const side = imgResolution / 2 ** level
    const at = `enc.${side}x${side}`
    if (level === 0) {
      plain('conv', `${at}_conv`, channels, modelChannels)
      channels = modelChannels
    } else {
      block(`${at}_down`, channels, channels, false, 'down')
      if (encoderType === 'skip') {
        plain('auxDown', `${at}_aux_down`, aux, aux)
        plain('auxSkip', `${at}_aux_skip`, aux, channels)
      }
      if (encoderType === 'residual') {
        plain('auxResidual', `${at}_aux_residual`, aux, channels)
        aux = channels
      }
    }
    skips.push(channels)
    for (let i = 0; i < numBlocks; i++) {
      block(`${at}_block${i}`, channels, modelChannels * mult, attnResolutions.includes(side))
      skips.push(channels)
    }
  }

  const last = channelMult.length - 1
  for (let level = last; level >= 0; level--) {
    const side = imgResolution / 2 ** level
    const at = `dec.${side}x${side}`
    if (level === last) {
      block(`${at}_in0`, channels, channels, true)
      block(`${at}_in1`, channels, channels, false)
    } else block(`${at}_up`, channels, channels, false, 'up')
    for (let i = 0; i <= numBlocks; i++) {
      const attention = i === numBlocks && attnResolutions.includes(side)
      const input = channels + (skips.pop() as number)
      block(`${at}_block${i}`, input, modelChannels * (channelMult[level] as number), attention)
    }
    if (decoderType === 'skip' && level < last) plain('auxUp', `${at}_aux_up`, outChannels, outChannels)
    if (decoderType === 'skip' || level === 0) plain('auxOut', `${at}_aux`, channels, outChannels, channels)
  }
  return layers
}
