import type * as tf from '@tensorflow/tfjs-core'
import { type Precision, precisionOf } from '../../precision.js'
import { type Tuning, tuningOf } from '../../tuning.js'
import type { WebgpuBackend } from '../backend.js'
import { likeliest } from './choose.js'
import { machineOf } from './machine.js'
import { type Plan, type ProductTensors, planOf, runPlan } from './plan.js'
import type { Product } from './product.js'
import { type Element, fits, nameOf, type Variant, variants } from './variants.js'

/** A product that has run. */
interface Used {
  product: Product
  element: Element
  plan: Plan
  /** The shapes of its tensors. */
  shapes: Record<keyof ProductTensors, readonly (readonly number[])[]>
}

/** What has run with a tuning, by key. A new tuning chooses anew. */
const used = new WeakMap<Tuning, Map<string, Used>>()

/** What the factors are in each precision. */
const elements = { float32: 'f32', mixed: 'f16' } as const satisfies Record<Precision, Element>

export const elementOf = (backend: WebgpuBackend): Element => elements[precisionOf(backend)]

/** Where a table of tuned variants has a product. */
export const tuningKey = (element: Element, { name }: Product): string => `${element} ${name}`

/** What has run on a backend since its tuning last changed. */
export function usedOn(backend: WebgpuBackend): Map<string, Used> {
  const tuning = tuningOf(backend)!
  const known = used.get(tuning) ?? new Map<string, Used>()
  used.set(tuning, known)
  return known
}

/** The variants that a backend's device can run in its precision. */
export function validOn(backend: WebgpuBackend): Variant[] {
  const machine = machineOf(backend.device)
  return variants.filter(variant => variant.element === elementOf(backend) && fits(variant, machine))
}

/**
 * Run a product of matrices in the backend's precision, by the variant that its tuning has, or else by the one that should be
 * the fastest.
 *
 * @param key   what the product depends on; it is made once for each key
 */
export function runProduct(
  backend: WebgpuBackend,
  key: string,
  make: () => Product,
  tensors: ProductTensors,
): void {
  const known = usedOn(backend)
  const element = elementOf(backend)
  const elementKey = `${element} ${key}`
  let use = known.get(elementKey)
  if (!use) {
    const product = make()
    const valid = validOn(backend)
    const tuned = tuningOf(backend)!.variants[tuningKey(element, product)]
    const variant = valid.find(one => nameOf(one) === tuned) ?? likeliest(product, valid, 1)[0]!
    const { factors, added, results } = tensors
    const shapesOf = (some: readonly tf.TensorInfo[]) => some.map(({ shape }) => shape)
    const shapes = { factors: shapesOf(factors), added: shapesOf(added), results: shapesOf(results) }
    use = { product, element, plan: planOf(product, variant), shapes }
    known.set(elementKey, use)
  }
  runPlan(backend, use.plan, tensors)
}
