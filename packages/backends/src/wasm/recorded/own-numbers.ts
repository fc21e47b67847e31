import * as tf from '@tensorflow/tfjs-core'
import type { WasmBackend } from '../backend.js'

/**
 * Give each variable numbers that no other tensor shares. A recorded call knows a variable by its numbers, and tfjs lets an
 * average that begins as its weight, or a clone of it, have the same ones until one of them is assigned.
 */
export function giveOwnNumbers(backend: WasmBackend): void {
  for (const variable of Object.values(tf.engine().registeredVariables)) {
    const { dataId, dtype } = variable
    if (dtype === 'string' || !backend.dataIdMap.has(dataId) || backend.refCount(dataId) === 1) continue
    const { memoryOffset } = backend.dataIdMap.get(dataId)
    const copy = tf.engine().makeTensorFromTensorInfo(copyOf(backend, variable, memoryOffset))
    variable.assign(copy)
    copy.dispose()
  }
}

/** A new tensor with the numbers at an address. */
export function copyOf(
  backend: WasmBackend,
  { shape, dtype }: Pick<tf.TensorInfo, 'shape' | 'dtype'>,
  address: number,
): tf.TensorInfo {
  const copy = backend.makeOutput(shape, dtype)
  const { memoryOffset } = backend.dataIdMap.get(copy.dataId)
  const bytes = tf.util.sizeFromShape(shape) * tf.util.bytesPerElement(dtype)
  backend.wasm.HEAPU8.copyWithin(memoryOffset, address, address + bytes)
  return copy
}
