import * as tf from '@tensorflow/tfjs-core'
import type { WebgpuBackend } from '../backend.js'
import { forward } from './forward.js'
import { machineOf, setMatrices } from './machine.js'
import { planOf, runPlan } from './plan.js'
import { fits, type Variant, variants } from './variants.js'

/** A product that is more than a tile of every variant. All its numbers are exact in float16, and their sums in float32. */
const SIDE = 12
const INPUTS = 64
const OUTPUTS = 160
const LARGEST = 8

const numbers = (length: number, step: number, first = 0) =>
  Float32Array.from({ length }, (_, i) => ((first + i * step) % (2 * LARGEST + 1)) - LARGEST)

/** Each time the numbers differ: a shader that was refused leaves what is in memory, and that may be the last right result. */
let times = 0

/** Whether a variant multiplies small whole numbers without any error on the backend's device. */
export async function isExact(backend: WebgpuBackend, variant: Variant): Promise<boolean> {
  const [pixels, filter] = [numbers(SIDE ** 2 * INPUTS, 7), numbers(INPUTS * OUTPUTS, 5, times++)]
  const x = tf.tensor4d(pixels, [1, SIDE, SIDE, INPUTS])
  const w = tf.tensor4d(filter, [1, 1, INPUTS, OUTPUTS])
  const info = tf.backend_util.computeConv2DInfo(x.shape, w.shape, 1, 1, 'same')
  const y = backend.makeTensorInfo(info.outShape, 'float32')
  const product = forward(info, { bias: false, skip: false, scale: 1 })
  // A shader that the device refuses must not end the device's life (see guard).
  for (const errors of ['validation', 'internal'] as const) backend.device.pushErrorScope(errors)
  runPlan(backend, planOf(product, variant), { factors: [x, w], added: [], results: [y] })
  const results = await backend.read(y.dataId)
  for (let scope = 0; scope < 2; scope++) await backend.device.popErrorScope()
  backend.disposeData(y.dataId)
  tf.dispose([x, w])
  return results.every((result, i) => {
    const [pixel, output] = [Math.floor(i / OUTPUTS), i % OUTPUTS]
    let sum = 0
    for (let k = 0; k < INPUTS; k++) sum += pixels[pixel * INPUTS + k]! * filter[k * OUTPUTS + output]!
    return result === sum
  })
}

/**
 * Let convolutions use subgroups' matrices of those of these sides with which the device computes right: for browsers and
 * drivers the feature is an experiment. One variant of each side is tried, because all have the same text.
 */
export async function useMatrices(backend: WebgpuBackend, sides: readonly number[]): Promise<void> {
  const right: number[] = []
  for (const side of sides) {
    const machine = { ...machineOf(backend.device), matrices: [side] }
    const variant = variants.find(one => 'matrices' in one.by && fits(one, machine))
    if (variant && (await isExact(backend, variant))) right.push(side)
  }
  setMatrices(backend.device, right)
}
