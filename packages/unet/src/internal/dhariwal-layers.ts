import type { ResolvedDhariwalUNetConfig } from '../dhariwal-config.js'
import { type BlockLayer, type Layer, sideOf } from './layers.js'

/** Channels of each attention head. */
const HEAD = 64

/** The layers of a DhariwalUNet in the order in which they run (Dhariwal and Nichol, arXiv 2105.05233, section 3). */
export function dhariwalLayers(config: ResolvedDhariwalUNetConfig): Layer[] {
  const { imgResolution, inChannels, outChannels, modelChannels, channelMult, numBlocks } = config
  const { attnResolutions } = config
  const layers: Layer[] = []
  const skips: number[] = []
  let channels = modelChannels * channelMult[0]!

  const block = (
    name: string,
    input: number,
    out: number,
    attention: boolean,
    resample: BlockLayer['resample'] = null,
  ) => {
    const heads = attention ? Math.max(1, Math.floor(out / HEAD)) : 0
    const project = input !== out
    layers.push({ kind: 'block', name, side: sideOf(name), in: input, out, resample, heads, project })
    channels = out
  }

  for (const [level, mult] of channelMult.entries()) {
    const side = imgResolution / 2 ** level
    const at = `enc.${side}x${side}`
    if (level === 0)
      layers.push({ kind: 'conv', name: `${at}_conv`, side: 'enc', in: inChannels, out: channels })
    else block(`${at}_down`, channels, channels, false, 'down')
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
      const out = modelChannels * channelMult[level]!
      block(`${at}_block${i}`, channels + skips.pop()!, out, attnResolutions.includes(side))
    }
  }
  layers.push({ kind: 'auxOut', name: 'out', side: 'dec', in: channels, out: outChannels })
  return layers
}
