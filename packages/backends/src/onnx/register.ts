import * as tf from '@tensorflow/tfjs-core'
import { registryName } from '../kernels/run-kernel.js'
import type { KernelName } from '../kernels/table.js'
import type { OnnxKernel } from './kernel.js'
import { kernels, stockKernels } from './kernels/index.js'
import type { Recorder } from './recorder.js'
import type { Attrs, Inputs } from './value.js'

/** The name of the recording backend in tfjs's registries. */
export const BACKEND = 'onnx'

/** Every kernel that can be in a graph, by its name in tfjs's registry. */
export const onnxKernels: ReadonlyMap<string, OnnxKernel<Inputs>> = new Map(
  [
    ...Object.entries(stockKernels),
    ...Object.entries(kernels).map(
      ([name, kernel]) => [registryName(name as KernelName), listed(kernel)] as const,
    ),
  ].map(([name, kernel]) => [name, kernel as unknown as OnnxKernel<Inputs>]),
)

/** This package's kernels return lists. Here they have their first output alone: the others are for gradients. */
function listed(kernel: OnnxKernel<never, never>): OnnxKernel<never, never> {
  return (graph, inputs, attrs) => [kernel(graph, inputs, attrs)].flat()
}

/** Lead each kernel to the recorder, once: tfjs's registry is global. Those of the cpu backend compute constants. */
export async function registerOnnxKernels(): Promise<void> {
  if (!tf.findBackendFactory('cpu')) await import('@tensorflow/tfjs-backend-cpu')
  Object.assign(tf.findBackend('cpu'), { firstUse: false }) // in Node its first tensor prints an advert
  if (tf.getKernelsForBackend(BACKEND).length > 0) return
  const names = new Set([...onnxKernels.keys(), ...tf.getKernelsForBackend('cpu').map(one => one.kernelName)])
  for (const kernelName of names)
    tf.registerKernel({
      kernelName,
      backendName: BACKEND,
      kernelFunc: ({ inputs, attrs, backend }) =>
        (backend as Recorder).kernel(kernelName, inputs as tf.NamedTensorInfoMap, (attrs ?? {}) as Attrs),
    })
}
