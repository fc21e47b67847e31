import * as tf from '@tensorflow/tfjs-core'
import type { WebgpuBackend } from '../backend.js'
import { dispatch } from '../dispatch.js'
import { inRows } from '../shader-text.js'
import { sumParts } from '../sum-parts.js'
import { splitOf } from './choose.js'
import { type Product, rowsOf } from './product.js'
import { productText } from './product-text.js'
import { sumAndPutText, sumWorkgroups } from './sum-and-put-text.js'
import type { Variant } from './variants.js'

/** A product's tensors, in the order of its bindings. */
export interface ProductTensors {
  factors: readonly tf.TensorInfo[]
  added: readonly tf.TensorInfo[]
  results: readonly tf.TensorInfo[]
}

/** The shaders of a product, and how to start them. */
export interface Plan {
  shader: string
  workgroups: [number, number, number]
  /** What adds up the parts, where the depth is split; without a shader, the sums wait for others (see sum-parts.ts). */
  sums?: { parts: number; numbers: number; now?: { shader: string; workgroups: [number, number] } }
}

export function planOf(product: Product, variant: Variant, split = splitOf(product, variant)): Plan {
  const { parts } = split
  const tiles = Math.ceil(product.rows / variant.rows) * Math.ceil(product.columns / variant.columns)
  return {
    shader: productText(product, variant, split),
    workgroups: [...inRows(tiles), product.batch * parts],
    ...(parts > 1 && {
      sums: {
        parts,
        numbers: product.batch * rowsOf(product) * product.columns,
        ...(!product.isStored && {
          now: { shader: sumAndPutText(product, parts), workgroups: inRows(sumWorkgroups(product)) },
        }),
      },
    }),
  }
}

/** Results that have the numbers of a product one after the other. */
function inTurn(results: readonly tf.TensorInfo[]): { tensor: tf.TensorInfo; start: number }[] {
  let start = 0
  return results.map(tensor => {
    const total = { tensor, start }
    start += tf.util.sizeFromShape(tensor.shape as number[])
    return total
  })
}

/** Run a product: one dispatch, or two if its depth is split. */
export function runPlan(
  backend: WebgpuBackend,
  { shader, workgroups, sums }: Plan,
  { factors, added, results }: ProductTensors,
): void {
  if (!sums) dispatch(backend, { shader, read: [...factors, ...added], write: results, workgroups })
  else {
    const parts = backend.makeTensorInfo([sums.parts, sums.numbers], 'float32')
    dispatch(backend, { shader, read: factors, write: [parts], workgroups })
    if (sums.now) {
      dispatch(backend, { ...sums.now, read: [parts, ...added], write: results })
      backend.disposeData(parts.dataId)
    } else sumParts(backend, { parts, count: sums.parts, stride: sums.numbers, totals: inTurn(results) })
  }
}
