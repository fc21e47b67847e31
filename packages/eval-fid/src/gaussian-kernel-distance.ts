import { type FeatureSet, toFloat64 } from './feature-set.js'
import { squaredNorms, visitInnerProducts } from './linalg/inner-products.js'
import type { Metric } from './metric.js'

/** Papers and their code print 1000 times the squared discrepancy. */
const SCALE = 1000

/**
 * A thousand times the squared maximum mean discrepancy with the kernel exp(-|x - y|^2 / (2 sigma^2)), where x and y are the features
 * divided by their lengths. Biased: the means are over all pairs, those of a sample with itself too, so it is never negative. Between
 * CLIP's features it is CMMD; the paper's are those of ViT-L/14 at 336 x 336.
 *
 * @param a  features [N,F], none of length 0
 * @param b  features [M,F], none of length 0
 * @see Jayasumana et al., Rethinking FID: Towards a Better Evaluation Metric for Image Generation, arXiv 2401.09603, section 4
 */
export function gaussianKernelDistance(a: FeatureSet, b: FeatureSet): number {
  const where = 'eval-fid.gaussianKernelDistance'
  const sets = toFloat64(where, { a, b }, 1)
  const features = a.shape[1]
  const [x, y] = [unit(where, 'a', sets.a, features), unit(where, 'b', sets.b, features)]
  const meanOf = (p: Float64Array, q: Float64Array): number => meanShortfall(p, q, features)
  return SCALE * (2 * meanOf(x, y) - meanOf(x, x) - meanOf(y, y))
}

/** The paper's sigma, for vectors of length 1. */
const SIGMA = 10

/** Mean of 1 minus the kernel. The kernel is nearly 1 everywhere, so its own sum would lose digits. */
function meanShortfall(x: Float64Array, y: Float64Array, features: number): number {
  let sum = 0
  visitInnerProducts(x, y, features, (_i, _j, product) => {
    sum -= Math.expm1((product - 1) / SIGMA ** 2) // |x - y|^2 = 2 - 2 x·y
  })
  return sum / ((x.length / features) * (y.length / features))
}

/** Each sample divided by its length. */
function unit(where: string, name: string, set: Float64Array, features: number): Float64Array {
  const norms = squaredNorms(set, features)
  const none = norms.indexOf(0)
  if (none >= 0)
    throw new RangeError(`${where}: ${name} must have samples of a length above 0, got 0 at [${none}].`)
  return set.map((value, i) => value / Math.sqrt(norms[Math.floor(i / features)]!))
}

export const gaussianKernelMetric: Metric<'samples', number> = {
  help: 'Gaussian kernel distance of unit features, times 1000',
  paperNames: { CLIP: 'CMMD' },
  title: 'Gaussian kernel distance',
  needs: 'samples',
  compares: true,
  onRequest: true,
  measure: (generated, real) => gaussianKernelDistance(real, generated),
}
