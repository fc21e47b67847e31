import * as tf from '@tensorflow/tfjs-core'
import * as ort from 'onnxruntime-node'

/** The outputs of an ONNX model in onnxruntime by name. The model is the bytes of a file, or a file's path. */
export async function runOnnx(
  model: Uint8Array | string,
  inputs: Readonly<Record<string, tf.Tensor>>,
): Promise<Record<string, tf.Tensor>> {
  const options: ort.InferenceSession.SessionOptions = { logSeverityLevel: 3, intraOpNumThreads: 1 }
  const session = await (typeof model === 'string'
    ? ort.InferenceSession.create(model, options)
    : ort.InferenceSession.create(model, options))
  const feeds: Record<string, ort.Tensor> = {}
  for (const [name, x] of Object.entries(inputs))
    feeds[name] = new ort.Tensor('float32', (await x.data()) as Float32Array, x.shape)
  const outputs = Object.entries(await session.run(feeds))
  await session.release()
  return Object.fromEntries(
    outputs.map(([name, { data, dims }]) => [name, tf.tensor(data as Float32Array, [...dims])]),
  )
}
