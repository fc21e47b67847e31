import { type UseBackendOptions, useBackend } from '@rectified-flow/backends'
import * as tf from '@tensorflow/tfjs-core'
import { type JobRun, LeftOut } from './job.js'
import { watchMemory } from './memory.js'

/** Make WebGPU the active backend, with the packages' kernels and the jobs' tuning, and count its memory. */
export async function openDevice(
  { software, tuning }: Pick<JobRun, 'software' | 'tuning'>,
  { precision }: Pick<UseBackendOptions, 'precision'> = {},
) {
  await useBackend(software ? 'webgpu-software' : 'webgpu', { precision, tuning }).catch((error: Error) => {
    if (precision === 'mixed' && error.message.includes("precision 'mixed' needs"))
      throw new LeftOut(error.message)
    throw error
  })
  const { device } = tf.backend() as unknown as { device: GPUDevice }
  return watchMemory(device)
}
