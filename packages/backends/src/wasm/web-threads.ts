import * as tf from '@tensorflow/tfjs-core'
import { wasm } from '../candidates.js'
import type { BackendCandidate } from '../choose-backend.js'
import { alignMemory } from './aligned-memory.js'
import type { WasmBackend } from './backend.js'
import { registerRecording } from './recorded/register.js'
import { canShareMemory } from './shared-binary.js'
import { hasSharedMemory, setThreads, threadsOf } from './simd.js'
import { MOST_BY_ITSELF, type Place, workerSource } from './team.js'

function start(place: Place): void {
  const source = `onmessage = ({ data }) => ${workerSource('data')}`
  const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }))
  new Worker(url, { name: 'rectified-flow' }).postMessage(place)
}

/**
 * The wasm backend of a browser, with threads for this package's kernels if tfjs has loaded a binary of `sharedBinary`.
 *
 * @param threads  by default the present number; at the start one for each core, at most 8
 */
export function wasmInBrowser(threads?: number): BackendCandidate {
  let runs = false
  return {
    ...wasm,
    load(precision) {
      runs = tf.engine().registry.wasm !== undefined // tf.findBackend would start it
      return wasm.load(precision)
    },
    async verify() {
      registerRecording(tf.backend())
      const backend = tf.backend() as unknown as WasmBackend
      alignMemory(backend)
      if (!canShareMemory() || !hasSharedMemory(backend))
        return threads === undefined || threads === 1
          ? null
          : { reason: 'more than 1 thread needs a binary of sharedBinary, in a worker of an isolated page' }
      const byItself = runs ? threadsOf(backend) : Math.min(navigator.hardwareConcurrency, MOST_BY_ITSELF)
      const wanted = threads ?? byItself
      setThreads(backend, wanted, start)
      return { device: wanted === 1 ? '1 thread' : `${wanted} threads` }
    },
  }
}
