import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import os from 'node:os'
import { dirname, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import * as tf from '@tensorflow/tfjs-core'
import { type BackendCandidate, wasm } from '../backends.js'
import type { WasmBackend } from '../wasm/backend.js'
import { withSharedMemory } from '../wasm/shared-memory.js'
import { hasSharedMemory, setThreads, threadsOf } from '../wasm/simd.js'
import { type Place, workerSource } from '../wasm/team.js'

/** More threads than that wait for memory. */
const MOST_BY_ITSELF = 8

const runningBackend = () => tf.findBackend('wasm') as unknown as WasmBackend | null

const binaries = [
  'tfjs-backend-wasm.wasm',
  'tfjs-backend-wasm-simd.wasm',
  'tfjs-backend-wasm-threaded-simd.wasm',
] as const

/** Tell tfjs where its binaries are: in its package, or the SIMD one, which is all that is used, by a URL. */
async function setBinary(url?: string): Promise<void> {
  const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm')
  setWasmPaths(
    Object.fromEntries(binaries.map(name => [name, url ?? join(folder, name)])),
    url !== undefined, // with fetch, which reads data URLs
  )
}

const folder = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'))

async function sharedBinary(): Promise<string> {
  const binary = withSharedMemory(await readFile(join(folder, 'tfjs-backend-wasm-simd.wasm')))
  return `data:application/wasm;base64,${Buffer.from(binary).toString('base64')}`
}

function start(place: Place): void {
  const source = workerSource("require('node:worker_threads').workerData")
  const worker = new Worker(source, { eval: true, execArgv: [], workerData: place, name: 'rectified-flow' })
  worker.unref()
}

/**
 * The wasm backend with threads for core's own kernels. The heap is made shared when it starts, which can't be changed later;
 * the number of threads can. Without a number it is left as it is, and at first the number of cores, at most 8.
 */
export function wasmWithThreads(threads?: number): BackendCandidate {
  let wanted = 1
  return {
    ...wasm,
    async load() {
      const loaded = await wasm.load()
      const running = runningBackend()
      wanted = threads ?? (running ? threadsOf(running) : Math.min(os.availableParallelism(), MOST_BY_ITSELF))
      if (running && wanted > 1 && !hasSharedMemory(running))
        return { reason: 'it runs with 1 thread, which can only be changed before it starts' }
      if (!running) await setBinary(wanted > 1 ? await sharedBinary() : undefined)
      return { ...loaded, device: wanted === 1 ? '1 thread' : `${wanted} threads` }
    },
    verify() {
      const backend = runningBackend() as WasmBackend
      if (hasSharedMemory(backend)) setThreads(backend, wanted, start)
      return null
    },
  }
}
