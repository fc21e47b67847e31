import { checkKind, checkNumber, checkOptions, type OptionNames } from '@rectified-flow/core'
import { emaExponent } from './power-ema.js'

/** A moving average of `powerEma({ sigmaRel })`, as it is after this many updates. */
export interface AverageProfile {
  sigmaRel: number
  /** Trainer steps, without skipped ones. */
  update: number
}

const profileNames: OptionNames<AverageProfile> = { sigmaRel: 'required', update: 'required' }

/**
 * After training, the average of any length: the weights with which snapshots of power-function averages add up to another such
 * average. They make the least squared difference between the profiles over the time of training:
 *
 *   p(t) = (gamma + 1) t^gamma / T^(gamma + 1)     A w = b, A_ij = ∫ p_i p_j dt, b_i = ∫ p_i p dt
 *
 * A snapshot that the others determine to within rounding gets the weight 0. From 32 snapshots at even distances of sigmaRel 0.05 and
 * as many of 0.10, a profile of 0.04 to 0.20 at the end is met within 0.7 % of its size, one of 0.25 within 3.4 %. With snapshots of
 * 0.05 alone these are 17 % and 25 %.
 *
 * @param snapshots  what each average of weights was, in any order; usually those of 0.05 and of 0.10
 * @param target     the average that is wanted, as a rule at the update of the last snapshot
 * @returns          a weight for each snapshot; their sum is near 1. See `combineWeights` of unet
 * @see Karras et al., Analyzing and Improving the Training Dynamics of Diffusion Models, arXiv 2312.02696, section 3.2
 */
export function postHocWeights(snapshots: readonly AverageProfile[], target: AverageProfile): Float64Array {
  const where = 'reflow.postHocWeights'
  checkKind(where, 'snapshots', snapshots, 'a list of averages', ['length', 'entries'])
  if (!(snapshots.length > 0))
    throw new RangeError(`${where}: snapshots must hold at least 1 average, got ${snapshots.length}.`)
  const profiles = snapshots.map((snapshot, i) => profileOf(where, `snapshots[${i}]`, snapshot))
  const wanted = profileOf(where, 'target', target)
  const gram = profiles.map(a => profiles.map(b => overlap(a, b)))
  return solveSemidefinite(
    gram,
    profiles.map(profile => overlap(profile, wanted)),
  )
}

interface Profile {
  gamma: number
  end: number
}

function profileOf(where: string, name: string, profile: AverageProfile): Profile {
  checkOptions(where, profile, profileNames, name)
  checkNumber(where, `${name}.update`, profile.update, 1)
  return { gamma: emaExponent(profile.sigmaRel), end: profile.update }
}

/** The integral of the product of two profiles: (m/M)^gamma_M / M with m, M the earlier and the later end, and a factor. */
function overlap(a: Profile, b: Profile): number {
  const [early, late] = a.end <= b.end ? [a, b] : [b, a]
  const factor = ((a.gamma + 1) * (b.gamma + 1)) / (a.gamma + b.gamma + 1)
  return (factor * (early.end / late.end) ** late.gamma) / late.end
}

/** How much of a vector's square must not lie in those before it. */
const INDEPENDENT = 1e-12

/** Solve A w = b for a symmetric positive semidefinite A, by Cholesky's method with the largest pivot first. */
function solveSemidefinite(a: readonly (readonly number[])[], b: readonly number[]): Float64Array {
  const n = b.length
  const left = a.map((row, i) => row[i]!)
  const factor = a.map(() => new Float64Array(n))
  const order: number[] = []
  for (let k = 0; k < n; k++) {
    const share = (i: number) => (order.includes(i) ? 0 : left[i]! / a[i]![i]!)
    const pivot = a.reduce((best, _, i) => (share(i) > share(best) ? i : best), 0)
    if (!(share(pivot) > INDEPENDENT)) break
    const size = Math.sqrt(left[pivot]!)
    const row = factor[pivot]!
    for (let i = 0; i < n; i++) {
      if (order.includes(i) || i === pivot) continue
      let value = a[i]![pivot]!
      for (let j = 0; j < k; j++) value -= factor[i]![j]! * row[j]!
      factor[i]![k] = value / size
      left[i]! -= factor[i]![k]! ** 2
    }
    row[k] = size
    order.push(pivot)
  }
  const y = new Float64Array(order.length)
  for (const [k, i] of order.entries()) {
    let value = b[i]!
    for (let j = 0; j < k; j++) value -= factor[i]![j]! * y[j]!
    y[k] = value / factor[i]![k]!
  }
  const w = new Float64Array(n)
  for (let k = order.length - 1; k >= 0; k--) {
    let value = y[k]!
    for (let j = k + 1; j < order.length; j++) value -= factor[order[j]!]![k]! * w[order[j]!]!
    w[order[k]!] = value / factor[order[k]!]![k]!
  }
  return w
}
