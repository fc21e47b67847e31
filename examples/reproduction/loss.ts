import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { makeChosen } from '@rectified-flow/core'
import {
  type ImageDistance,
  perceptualDistance,
  premetrics,
  withPixels,
} from '@rectified-flow/losses-lpips-huber'
import { readDigitPerception } from '@rectified-flow/losses-lpips-huber/node'
import { RECIPES, type Recipe } from '@rectified-flow/reflow/paper'
import { timestepDistributions } from '@rectified-flow/timestep-dists'
import { type Perceptual, TRAININGS, type TrainedRow } from './rows.js'
import type { Run } from './run.js'

const WHERE = 'reproduction.loss'
const cleanFile = resolve(import.meta.dirname, '../../runs/clean-digit-perception.safetensors')

/** The times and the loss of a row. */
export async function lossOf(row: TrainedRow, run: Run): Promise<Recipe> {
  const { recipe, perceptual } = TRAININGS[row]
  const { timesteps, premetric } = RECIPES[recipe]
  const distance = perceptual && (await distanceOf(perceptual, run))
  const weight = perceptual && { perceptualWeight: perceptual.weight }
  return {
    timesteps: makeChosen(WHERE, timestepDistributions, timesteps),
    premetric: makeChosen(WHERE, premetrics, { ...premetric, ...weight }, { distance }),
  }
}

async function distanceOf({ network, pixels }: Perceptual, { miniature }: Run): Promise<ImageDistance> {
  if (network === 'clean' && !existsSync(cleanFile))
    throw new Error(
      `${WHERE}: the row needs ${cleanFile}. Make it: pnpm --filter @rectified-flow/example-networks start clean-digit-perception`,
    )
  const { features, heads } = await (network === 'clean'
    ? readDigitPerception(cleanFile)
    : miniature.perception())
  const distance = perceptualDistance(features, heads ? { heads } : {})
  return pixels ? withPixels(distance) : distance
}
