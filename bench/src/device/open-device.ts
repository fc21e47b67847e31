import { useBackend } from '@rectified-flow/backends'
import * as tf from '@tensorflow/tfjs-core'
import type { JobRun } from './job.js'

/** Make WebGPU the active backend, with the packages' kernels. */
export async function openDevice({ software }: Pick<JobRun, 'software'>): Promise<{
  name: string
  device: GPUDevice
}> {
  const { device: name } = await useBackend(software ? 'webgpu-software' : 'webgpu')
  const { device } = tf.backend() as unknown as { device: GPUDevice }
  return { name: name!, device }
}
