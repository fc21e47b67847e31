import type * as tf from '@tensorflow/tfjs-core'
import type { WebgpuBackend } from './backend.js'

interface Lazy {
  /** How each waiting tensor is computed, and what it holds meanwhile. */
  waiting: Map<object, { compute: () => void; held: readonly tf.TensorInfo[] }>
  /** How often each tensor is held. */
  holds: Map<object, number>
}

const lazy = new WeakMap<WebgpuBackend, Lazy>()

/**
 * Let tensors wait: they are computed when a kernel or the host reads them, and never if nothing does. Every kernel, ours or
 * tfjs's, calls `uploadToGPU` for what it reads.
 */
export function makeLazy(backend: WebgpuBackend): void {
  const { waiting, holds }: Lazy = { waiting: new Map(), holds: new Map() }
  lazy.set(backend, { waiting, holds })
  const upload = backend.uploadToGPU.bind(backend)
  backend.uploadToGPU = dataId => {
    waiting.get(dataId)?.compute()
    upload(dataId)
  }
  for (const name of ['read', 'readSync', 'readToGPU'] as const) {
    const read = backend[name].bind(backend) as (dataId: object, ...rest: unknown[]) => never
    backend[name] = (dataId: object, ...rest: unknown[]) => {
      waiting.get(dataId)?.compute()
      return read(dataId, ...rest)
    }
  }
  // For tfjs, a tensor is gone that is only held.
  const isGone = (dataId: object) => backend.refCount(dataId) === holds.get(dataId)
  const dispose = backend.disposeData.bind(backend)
  backend.disposeData = (dataId, force) => {
    const done = dispose(dataId, force)
    if (backend.refCount(dataId) === 0) stopWaiting(backend, [dataId])()
    return done || isGone(dataId)
  }
  const count = backend.numDataIds.bind(backend)
  backend.numDataIds = () => count() - [...holds.keys()].filter(isGone).length
}

/**
 * Let a new tensor wait.
 *
 * @param compute  is called when the tensor is read: it calls `stopWaiting`, writes the tensor, and calls what it got
 * @param held     tensors that stay until then, or until the tensor is no longer wanted
 */
export function wait(
  backend: WebgpuBackend,
  { dataId }: tf.TensorInfo,
  { compute, held }: { compute: () => void; held: readonly tf.TensorInfo[] },
): void {
  const { waiting, holds } = lazy.get(backend)!
  for (const { dataId } of held) {
    backend.incRef(dataId)
    holds.set(dataId, (holds.get(dataId) ?? 0) + 1)
  }
  waiting.set(dataId, { compute, held })
}

/** These tensors wait no more. Call the result after they are written: it lets go what they held. */
export function stopWaiting(backend: WebgpuBackend, dataIds: readonly object[]): () => void {
  const { waiting, holds } = lazy.get(backend)!
  const held = dataIds.flatMap(dataId => waiting.get(dataId)?.held ?? [])
  for (const dataId of dataIds) waiting.delete(dataId)
  return () => {
    for (const { dataId } of held) {
      const left = holds.get(dataId)! - 1
      if (left > 0) holds.set(dataId, left)
      else holds.delete(dataId)
      backend.disposeData(dataId)
    }
  }
}

/** Compute all that waits: afterwards what is done to a buffer changes none of it. */
export function computeAll(backend: WebgpuBackend): void {
  for (const { compute } of lazy.get(backend)!.waiting.values()) compute()
}
