import * as tf from '@tensorflow/tfjs-core'
import type { WebgpuBackend } from '../backend.js'
import { forward } from './forward.js'
import { machineOf, setMatrices } from './machine.js'
import { planOf, runPlan } from './plan.js'
import { fits, type Variant, variants } from './variants.js'

/** More pixels than a tile has rows, of channels that fill it; all numbers are exact in float16, and their sums in float32. */
const SIDE = 9
const CHANNELS = 64
const LARGEST = 8

const numbers = (length: number, step: number, first = 0) =>
  Float32Array.from({ length }, (_, i) => ((first + i * step) % (2 * LARGEST + 1)) - LARGEST)

/** Each time the numbers differ: a shader that was refused leaves what is in memory, and that may be the last right result. */
let times = 0

/** Whether a variant multiplies small whole numbers without any error on the backend's device. */
export async function isExact(backend: WebgpuBackend, variant: Variant): Promise<boolean> {
  const [pixels, filter] = [numbers(SIDE ** 2 * CHANNELS, 7), numbers(CHANNELS ** 2, 5, times++)]
  const info = tf.backend_util.computeConv2DInfo(
    [1, SIDE, SIDE, CHANNELS],
    [1, 1, CHANNELS, CHANNELS],
    1,
    1,
    'same',
  )
  const x = tf.tensor4d(pixels, info.inShape)
  const w = tf.tensor4d(filter, [1, 1, CHANNELS, CHANNELS])
  const y = backend.makeTensorInfo(info.outShape, 'float32')
  const product = forward(info, { bias: false, skip: false, scale: 1 })
  // A shader that the device refuses must not end the device's life (see guard).
  for (const filter of ['validation', 'internal'] as const) backend.device.pushErrorScope(filter)
  runPlan(backend, planOf(product, variant), { factors: [x, w], added: [], results: [y] })
  const results = await backend.read(y.dataId)
  for (let scope = 0; scope < 2; scope++) await backend.device.popErrorScope()
  backend.disposeData(y.dataId)
  tf.dispose([x, w])
  return results.every((result, i) => {
    const [row, column] = [Math.floor(i / CHANNELS), i % CHANNELS]
    let sum = 0
    for (let k = 0; k < CHANNELS; k++) sum += pixels[row * CHANNELS + k]! * filter[k * CHANNELS + column]!
    return result === sum
  })
}

/**
 * Let convolutions use subgroups' matrices of these sides, of those with which the device computes right: the feature is an
 * experiment of browsers and drivers.
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
