import type * as tf from '@tensorflow/tfjs-core'
import { type Precision, precisionOf } from '../../precision.js'
import type { WebgpuBackend } from '../backend.js'
import { dispatch } from '../dispatch.js'
import { inRows } from '../shader-text.js'
import { chooseVariant, splitOf } from './choose.js'
import { machineOf } from './machine.js'
import { type Product, rowsOf } from './product.js'
import { productText } from './product-text.js'
import { sumPartsText, sumWorkgroups } from './sum-parts-text.js'
import { type Element, fits, type Variant, variants } from './variants.js'

/** A product's tensors, in the order of its bindings. */
export interface ProductTensors {
  factors: readonly tf.TensorInfo[]
  added?: readonly tf.TensorInfo[]
  results: readonly tf.TensorInfo[]
}

/** The shaders of a product, and how to start them. */
interface Plan {
  product: Product
  shader: string
  workgroups: [number, number, number]
  /** What adds up the parts, where the depth is split. */
  sums?: { shader: string; workgroups: [number, number]; numbers: number }
}

const plans = new WeakMap<GPUDevice, Map<string, Plan>>()

/** What the factors are in each precision. */
const elements = { float32: 'f32', mixed: 'f16' } as const satisfies Record<Precision, Element>

/**
 * Run a product of matrices in the backend's precision: one dispatch, or two if its depth is split.
 *
 * @param key   what the product depends on; it is made once for each key
 */
export function runProduct(
  backend: WebgpuBackend,
  key: string,
  make: () => Product,
  tensors: ProductTensors,
): void {
  const known = plans.get(backend.device) ?? new Map<string, Plan>()
  plans.set(backend.device, known)
  const element = elements[precisionOf(backend)]
  const elementKey = `${element} ${key}`
  let plan = known.get(elementKey)
  if (!plan) {
    const product = make()
    const machine = machineOf(backend.device)
    const valid = variants.filter(variant => variant.element === element && fits(variant, machine))
    plan = planOf(product, chooseVariant(product, valid))
    known.set(elementKey, plan)
  }
  runPlan(backend, plan, tensors)
}

export function planOf(product: Product, variant: Variant, split = splitOf(product, variant)): Plan {
  const { parts } = split
  const tiles = Math.ceil(product.rows / variant.rows) * Math.ceil(product.columns / variant.columns)
  return {
    product,
    shader: productText(product, variant, split),
    workgroups: [...inRows(tiles), product.batch * parts],
    ...(parts > 1 && {
      sums: {
        shader: sumPartsText(product, parts),
        workgroups: inRows(sumWorkgroups(product)),
        numbers: parts * product.batch * rowsOf(product) * product.columns,
      },
    }),
  }
}

export function runPlan(
  backend: WebgpuBackend,
  { shader, workgroups, sums }: Plan,
  { factors, added = [], results }: ProductTensors,
): void {
  if (!sums) dispatch(backend, { shader, read: [...factors, ...added], write: results, workgroups })
  else {
    const parts = backend.makeTensorInfo([sums.numbers], 'float32')
    dispatch(backend, { shader, read: factors, write: [parts], workgroups })
    dispatch(backend, { ...sums, read: [parts, ...added], write: results })
    backend.disposeData(parts.dataId)
  }
}
