import * as tf from '@tensorflow/tfjs-core'
import { copyOf } from '../../compile/copy-of.js'
import type { WasmBackend } from '../backend.js'

/**
 * Give each variable memory that no other tensor shares. A recording tells variables apart by their memory, but in tfjs an
 * average that begins as its weight, or a clone of the weight, shares the weight's until one of both is assigned.
 */
export function giveOwnMemory(backend: WasmBackend): void {
  for (const variable of Object.values(tf.engine().registeredVariables)) {
    if (variable.dtype === 'string' || variable.size === 0 || backend.refCount(variable.dataId) <= 1) continue
    const copy = copyOf(variable)
    variable.assign(copy)
    copy.dispose()
  }
}
