import { makeChosen } from '@rectified-flow/core'
import {
  type ImageDistance,
  type PremetricChoice,
  perceptualDistance,
  premetrics,
} from '@rectified-flow/losses-lpips-huber'
import {
  readDigitPerception,
  readFacePerception,
  readLpipsAveragePooling,
} from '@rectified-flow/losses-lpips-huber/node'
import type { Recipe } from '@rectified-flow/reflow/paper'
import { timestepDistributions } from '@rectified-flow/timestep-dists'
import type { TrainConfig } from './train-config.js'
import { warn } from './warn.js'

const shipped = { digits: readDigitPerception, faces: readFacePerception }

/** The times and the loss of a configuration. A perceptual network is read only if the loss needs one. */
export async function objectiveOf({ timesteps, premetric, perceptual }: TrainConfig): Promise<Recipe> {
  const list: Readonly<Record<string, PremetricChoice>> = premetrics
  const needsDistance = list[premetric.name]?.needs?.includes('distance')
  const distance = needsDistance ? await distanceOf(perceptual) : undefined
  return {
    timesteps: makeChosen('timesteps', timestepDistributions, timesteps),
    premetric: makeChosen('premetric', list, premetric, { distance }),
  }
}

async function distanceOf(perceptual: TrainConfig['perceptual']): Promise<ImageDistance> {
  if (perceptual === 'vgg16') return (await readLpipsAveragePooling({ onWarning: warn })).distance
  const { features, heads } = await shipped[perceptual]()
  return perceptualDistance(features, { heads })
}
