import { encodeOnnx, type OnnxModel } from '@rectified-flow/backends/onnx'
import type * as tf from '@tensorflow/tfjs-core'
import * as ort from 'onnxruntime-node'

/** The outputs of a model in onnxruntime, by name. */
export async function runModel(
  model: OnnxModel | Uint8Array,
  inputs: Readonly<Record<string, tf.Tensor>>,
): Promise<Record<string, { shape: readonly number[]; data: Float32Array }>> {
  const bytes = model instanceof Uint8Array ? model : encodeOnnx(model)
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3 })
  try {
    const feeds = Object.entries(inputs).map(
      ([name, tensor]) => [name, new ort.Tensor('float32', tensor.dataSync(), tensor.shape)] as const,
    )
    const outputs = await session.run(Object.fromEntries(feeds))
    return Object.fromEntries(
      Object.entries(outputs).map(([name, { dims, data }]) => [
        name,
        { shape: dims, data: data as Float32Array },
      ]),
    )
  } finally {
    await session.release()
  }
}
