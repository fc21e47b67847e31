import type { Case } from '../case.js'
import { attentionCases } from './attention.js'
import { convolutionCases } from './convolution.js'
import { dopri5Case } from './dopri5.js'
import { frechetCase } from './frechet.js'
import { groupNormCases } from './group-norm.js'
import { lpipsCases } from './lpips.js'
import { networkCases } from './network.js'
import { timestepCase } from './timesteps.js'

/** Every row of the table, in order. With `quick`, the same cases at tiny sizes. */
export function casesOf({ quick }: { quick: boolean }): Case[] {
  return [
    ...convolutionCases(quick),
    ...groupNormCases(quick),
    ...attentionCases(quick),
    ...networkCases(quick),
    ...lpipsCases(quick),
    dopri5Case(quick),
    timestepCase(quick),
    frechetCase(quick),
  ]
}
