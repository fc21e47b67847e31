import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import os from 'node:os'
import { dirname, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import * as tf from '@tensorflow/tfjs-core'
import { wasm } from '../candidates.js'
import type { BackendCandidate } from '../choose-backend.js'
import type { WasmBackend } from '../wasm/backend.js'
import { withSharedMemory } from '../wasm/shared-memory.js'
import { hasSharedMemory, setThreads, threadsOf } from '../wasm/simd.js'
import { type Place, workerSource } from '../wasm/team.js'

/** More threads than that wait for memory. */
const MOST_BY_ITSELF = 8

/** tf.findBackend would start it. */
const runningBackend = () => tf.engine().registry.wasm as unknown as WasmBackend | undefined

const binaries = [
  'tfjs-backend-wasm.wasm',
  'tfjs-backend-wasm-simd.wasm',
  'tfjs-backend-wasm-threaded-simd.wasm',
] as const

/** Where tfjs's binaries are. This code may be in a bundle, far from them. */
function binaryFolder(): string | undefined {
  try {
    return dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'))
  } catch {
    return undefined
  }
}

let replaced = false

/** Give tfjs its own binary, or one with shared memory (that with SIMD, the only one that is used). */
async function setBinary(folder: string, shared: boolean): Promise<void> {
  if (shared === replaced) return
  const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm')
  let url: string | undefined
  if (shared) {
    const binary = withSharedMemory(await readFile(join(folder, 'tfjs-backend-wasm-simd.wasm')))
    url = `data:application/wasm;base64,${Buffer.from(binary).toString('base64')}`
  }
  const fetched = shared // fetch reads data URLs, tfjs's way without it files only
  setWasmPaths(Object.fromEntries(binaries.map(name => [name, url ?? join(folder, name)])), fetched)
  replaced = shared
}

function start(place: Place): void {
  const source = workerSource("require('node:worker_threads').workerData")
  const worker = new Worker(source, { eval: true, execArgv: [], workerData: place, name: 'rectified-flow' })
  worker.unref()
}

/**
 * The wasm backend with threads for this package's kernels. The heap is made shared when it starts, which can't be changed later;
 * the number of threads can. Without a number it is left as it is, and at first the number of cores, at most 8.
 */
export function wasmWithThreads(threads?: number): BackendCandidate {
  let wanted = 1
  return {
    ...wasm,
    async load() {
      const loaded = await wasm.load()
      const running = runningBackend()
      const folder = binaryFolder()
      const byItself = folder ? Math.min(os.availableParallelism(), MOST_BY_ITSELF) : 1
      wanted = threads ?? (running ? threadsOf(running) : byItself)
      if (running && wanted > 1 && !hasSharedMemory(running))
        return { reason: 'it runs with 1 thread, which can only be changed before it starts' }
      if (!running && wanted > 1 && !folder)
        return {
          reason: "more than 1 thread needs tfjs-backend-wasm's files, which this code is bundled without",
        }
      if (!running && folder) await setBinary(folder, wanted > 1)
      return { ...loaded, device: wanted === 1 ? '1 thread' : `${wanted} threads` }
    },
    verify() {
      const backend = runningBackend()!
      if (hasSharedMemory(backend)) setThreads(backend, wanted, start)
      return threadsOf(backend) === wanted ? null : { reason: 'something else started it, with 1 thread' }
    },
  }
}
