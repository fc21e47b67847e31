import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import os from 'node:os'
import { dirname, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import * as tf from '@tensorflow/tfjs-core'
import { wasm } from '../candidates.js'
import type { BackendCandidate } from '../choose-backend.js'
import { alignMemory } from '../wasm/aligned-memory.js'
import type { WasmBackend } from '../wasm/backend.js'
import { registerRecording } from '../wasm/recorded/register.js'
import { withSharedMemory } from '../wasm/shared-memory.js'
import { hasSharedMemory, setThreads, threadsOf } from '../wasm/simd.js'
import { MOST_BY_ITSELF, type Place, workerSource } from '../wasm/team.js'
import { rethrowingListeners } from './rethrowing-listeners.js'
import { enableVectors } from './vectors.js'

/** The wasm backend if it has started; tf.findBackend would start it. */
const runningBackend = () => tf.engine().registry.wasm as unknown as WasmBackend | undefined

const binaries = [
  'tfjs-backend-wasm.wasm',
  'tfjs-backend-wasm-simd.wasm',
  'tfjs-backend-wasm-threaded-simd.wasm',
] as const

/** The folder of tfjs's .wasm files; undefined if this code is in a bundle that has none beside it. */
function binaryFolder(): string | undefined {
  try {
    return dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'))
  } catch {
    return undefined
  }
}

let replaced = false

/** Give tfjs its own binaries, or its SIMD binary with shared memory: without tfjs's threads it loads only that one. */
async function setBinary(folder: string, shared: boolean): Promise<void> {
  if (shared === replaced) return
  const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm')
  let url: string | undefined
  if (shared) {
    const binary = withSharedMemory(await readFile(join(folder, 'tfjs-backend-wasm-simd.wasm')))
    url = `data:application/wasm;base64,${Buffer.from(binary).toString('base64')}`
  }
  const fetched = shared // only fetch reads data URLs; without it, tfjs reads files
  setWasmPaths(Object.fromEntries(binaries.map(name => [name, url ?? join(folder, name)])), fetched)
  replaced = shared
}

function start(place: Place): void {
  const source = workerSource("require('node:worker_threads').workerData")
  const worker = new Worker(source, { eval: true, execArgv: [], workerData: place, name: 'rectified-flow' })
  worker.unref()
}

/**
 * The wasm backend with threads for this package's kernels. Whether its heap is shared is decided when it starts and can't
 * change later; the number of threads can.
 *
 * @param threads  by default the present number; at the start one for each core, at most 8
 */
export function wasmWithThreads(threads?: number): BackendCandidate {
  let wanted = 1
  let removeListeners = () => {}
  return {
    ...wasm,
    async load() {
      await enableVectors()
      const loaded = await wasm.load('float32')
      const running = runningBackend()
      const folder = binaryFolder()
      const byItself = folder ? Math.min(os.availableParallelism(), MOST_BY_ITSELF) : 1
      wanted = threads ?? (running ? threadsOf(running) : byItself)
      if (running && wanted > 1 && !hasSharedMemory(running))
        return { reason: 'it runs with 1 thread, and that can only change before it starts' }
      if (!running && wanted > 1 && !folder)
        return {
          reason:
            'more than 1 thread needs the .wasm files of tfjs-backend-wasm, which this bundle does not have',
        }
      if (!running && folder) await setBinary(folder, wanted > 1)
      removeListeners = rethrowingListeners()
      return { ...loaded, device: wanted === 1 ? '1 thread' : `${wanted} threads` }
    },
    async verify() {
      removeListeners()
      registerRecording(tf.backend())
      const backend = runningBackend()!
      alignMemory(backend)
      if (hasSharedMemory(backend)) setThreads(backend, wanted, start)
      return threadsOf(backend) === wanted ? null : { reason: 'other code has started it with 1 thread' }
    },
  }
}
