import type { ResolvedSongUNetConfig } from '../song-config.js'
import { type BlockLayer, type Layer, type PlainLayer, sideOf } from './layers.js'

/** The layers of a SongUNet in the order in which they run (Song et al., arXiv 2011.13456, appendix G; EDM, table 1). */
export function songLayers(config: ResolvedSongUNetConfig): Layer[] {
  const { imgResolution, inChannels, outChannels, modelChannels, channelMult, numBlocks } = config
  const { attnResolutions, encoderType, decoderType } = config
  const layers: Layer[] = []
  const skips: number[] = []
  let [channels, aux] = [inChannels, inChannels]

  const plain = (kind: PlainLayer['kind'], name: string, input: number, out: number) =>
    layers.push({ kind, name, side: sideOf(name), in: input, out })
  const block = (
    name: string,
    input: number,
    out: number,
    attention: boolean,
    resample: BlockLayer['resample'] = null,
  ) => {
    const project = input !== out || resample !== null
    const heads = attention ? 1 : 0
    layers.push({ kind: 'block', name, side: sideOf(name), in: input, out, resample, heads, project })
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
      const input = channels + skips.pop()!
      block(`${at}_block${i}`, input, modelChannels * channelMult[level]!, attention)
    }
    if (decoderType === 'skip' && level < last) plain('auxUp', `${at}_aux_up`, outChannels, outChannels)
    if (decoderType === 'skip' || level === 0) plain('auxOut', `${at}_aux`, channels, outChannels)
  }
  return layers
}
