import type { Target } from './target.js'
import { imageTargets } from './targets/images.js'
import { networkTargets } from './targets/networks.js'
import { pairTargets } from './targets/pairs.js'
import { pixelTargets } from './targets/pixel-files.js'
import { runTargets } from './targets/runs.js'
import { weightTargets } from './targets/weights.js'

/** Every reader of files. */
export const targets: readonly Target[] = [
  ...weightTargets,
  ...imageTargets,
  ...pixelTargets,
  ...pairTargets,
  ...networkTargets,
  ...runTargets,
]

export function targetOf(name: string): Target {
  const found = targets.find(target => target.name === name)
  if (found) return found
  throw new RangeError(
    `tools.fuzz: --only must be one of ${targets.map(target => target.name).join(', ')}, got '${name}'.`,
  )
}
