import * as tf from '@tensorflow/tfjs-core'
import {
  type Attrs,
  checkDtype,
  type Inputs,
  type Numbers,
  numbersOf,
  type OnnxDtype,
  type Value,
} from './value.js'

interface CpuBackend {
  makeTensorInfo(shape: number[], dtype: tf.DataType, values: Numbers): tf.TensorInfo
  readSync(dataId: tf.DataId): Numbers
  disposeData(dataId: tf.DataId): boolean
}

/** Whether the plain JavaScript backend has a kernel, and so can compute it from constants. */
export const isOnCpu = (name: string): boolean => tf.getKernel(name, 'cpu') !== undefined

/** What a kernel of tfjs makes of constants, computed at once, in float32, whatever the active backend is. */
export function onCpu(
  name: string,
  inputs: Inputs,
  attrs: Attrs,
): { shape: number[]; dtype: OnnxDtype; numbers: Numbers }[] {
  const backend = tf.findBackend('cpu') as unknown as CpuBackend
  const made: tf.TensorInfo[] = []
  const infoOf = (value: Value) => {
    const info = backend.makeTensorInfo(value.shape, value.dtype, numbersOf(value))
    made.push(info)
    return info
  }
  const { kernelFunc } = tf.getKernel(name, 'cpu')!
  const given = Array.isArray(inputs)
    ? inputs.map(infoOf)
    : Object.fromEntries(
        Object.entries(inputs as Readonly<Record<string, Value>>).map(([key, value]) => [key, infoOf(value)]),
      )
  const outputs = [
    kernelFunc({ inputs: given as tf.NamedTensorInfoMap, attrs: attrs as tf.NamedAttrMap, backend }),
  ].flat()
  const results = outputs.map(({ shape, dtype, dataId }) => ({
    shape: [...shape],
    dtype: checkDtype(dtype),
    numbers: backend.readSync(dataId).slice(),
  }))
  for (const { dataId } of [...outputs, ...made]) backend.disposeData(dataId)
  return results
}
