import { performance } from 'node:perf_hooks'
import * as tf from '@tensorflow/tfjs-core'

export interface KernelTime {
  kernel: string
  calls: number
  ms: number
}

/** The time of each kernel that `body` runs on the active (synchronous) backend. A kernel includes those that it calls. */
export function profileKernels(body: () => void): KernelTime[] {
  const backendName = tf.getBackend()
  const stock = tf.getKernelsForBackend(backendName)
  const times = new Map<string, KernelTime>()
  let depth = 0
  const put = (config: tf.KernelConfig) => {
    tf.unregisterKernel(config.kernelName, backendName)
    tf.registerKernel(config)
  }
  for (const config of stock)
    put({
      ...config,
      kernelFunc: args => {
        const start = performance.now()
        depth++
        try {
          return config.kernelFunc(args)
        } finally {
          depth--
          if (depth === 0) {
            const time = times.get(config.kernelName) ?? { kernel: config.kernelName, calls: 0, ms: 0 }
            time.calls++
            time.ms += performance.now() - start
            times.set(config.kernelName, time)
          }
        }
      },
    })
  try {
    body()
  } finally {
    stock.forEach(put)
  }
  return [...times.values()].sort((a, b) => b.ms - a.ms)
}
