import type * as tf from '@tensorflow/tfjs-core'
import type { WebgpuBackend } from '../backend.js'
import { dispatch } from '../dispatch.js'
import { inRows } from '../shader-text.js'
import { chooseVariant, splitOf } from './choose.js'
import { machineOf } from './machine.js'
import { type Product, rowsOf } from './product.js'
import { productText } from './product-text.js'
import { sumPartsText, sumWorkgroups } from './sum-parts-text.js'
import { fits, type Variant, variants } from './variants.js'

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

/**
 * Run a product of matrices: one dispatch, or two if its depth is split.
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
  let plan = known.get(key)
  if (!plan) {
    const product = make()
    const machine = machineOf(backend.device)
    const valid = variants.filter(variant => variant.element === 'f32' && fits(variant, machine))
    plan = planOf(product, chooseVariant(product, valid))
    known.set(key, plan)
  }
  runPlan(backend, plan, tensors)
}

export function planOf(product: Product, variant: Variant): Plan {
  const split = splitOf(product, variant)
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
