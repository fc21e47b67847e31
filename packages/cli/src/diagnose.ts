import { type BackendName, conv2d, useBackend } from '@rectified-flow/backends'
import { createRng, drawNormal } from '@rectified-flow/core'
import { pseudoHuber } from '@rectified-flow/losses-lpips-huber'
import { Trainer } from '@rectified-flow/reflow'
import { uShaped } from '@rectified-flow/timestep-dists'
import { edmVelocity, SongUNet } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'

export interface Speed {
  /** 3x3, from 64 channels to 64, forward pass only. */
  convolutionGflops: number
  /** 512 x 512 by 512 x 512. */
  matrixProductGflops: number
  /** One whole training step of the quickstart's network at batch 16. */
  trainingStepMs: number
}

/** Kernels that the reference backend, 'cpu', has and this one lacks. Leaves `name` active. */
export async function missingKernels(name: BackendName): Promise<string[]> {
  await useBackend('cpu')
  const all = tf.getKernelsForBackend('cpu').map(kernel => kernel.kernelName)
  await useBackend(name)
  const own = new Set(tf.getKernelsForBackend(tf.getBackend()).map(kernel => kernel.kernelName))
  return all.filter(kernel => !own.has(kernel)).sort()
}

/** Measure how fast the active backend is; takes about ten seconds. */
export async function speedCheck(): Promise<Speed> {
  const rng = createRng(0)
  const [x, filter] = [rng.normal([4, 32, 32, 64]), rng.normal([3, 3, 64, 64])]
  const matrix = rng.normal([512, 512])
  try {
    const convolution = await secondsOf(() => conv2d(x, filter))
    const product = await secondsOf(() => tf.matMul(matrix, matrix))
    return {
      convolutionGflops: (2 * 4 * 32 * 32 * 64 * 64 * 9) / convolution / 1e9,
      matrixProductGflops: (2 * 512 ** 3) / product / 1e9,
      trainingStepMs: 1000 * (await trainingStepSeconds()),
    }
  } finally {
    tf.dispose([x, filter, matrix])
  }
}

async function secondsOf(compute: () => tf.Tensor): Promise<number> {
  const once = async () => {
    const result = compute()
    await result.data()
    result.dispose()
  }
  await once() // kernels are compiled on their first use
  const start = performance.now()
  let runs = 0
  while (performance.now() - start < 1000) {
    await once()
    runs++
  }
  return (performance.now() - start) / 1000 / runs
}

async function trainingStepSeconds(): Promise<number> {
  const rng = createRng(1)
  const net = new SongUNet(
    {
      imgResolution: 28,
      inChannels: 1,
      outChannels: 1,
      modelChannels: 16,
      channelMult: [1, 2, 2],
      numBlocks: 1,
    },
    { rng },
  )
  const images = rng.normal([16, 28, 28, 1])
  const trainer = new Trainer({
    velocity: stepRng => edmVelocity(net, { training: { rng: stepRng } }),
    weights: net.weights,
    coupling: {
      draw: async () => ({ x: tf.clone(images), z: drawNormal(rng, [16, 28, 28, 1]) }),
    },
    timesteps: uShaped({ a: 4 }),
    premetric: pseudoHuber(),
    rng,
    batch: 16,
  })
  try {
    await trainer.advance()
    const start = performance.now()
    let steps = 0
    while (performance.now() - start < 4000) {
      await trainer.advance()
      steps++
    }
    return (performance.now() - start) / 1000 / steps
  } finally {
    trainer.dispose()
    net.dispose()
    images.dispose()
  }
}
