import type * as tf from '@tensorflow/tfjs-core'
import type { WasmBackend } from './backend.js'
import { loadBinary } from './binary.js'
import { addresses, type Divisible, type Functions } from './functions.generated.js'
import { withSharedMemory } from './shared-memory.js'
import { type Place, Team } from './team.js'
import { numbersOf, type Value, watcherOf } from './watcher.js'

/** The kernels of assembly/, and how the engine compiles them. */
export interface Kernels {
  binary: Uint8Array
  compile(binary: BufferSource): WebAssembly.Module
}

interface Running {
  module: WebAssembly.Module
  memory: WebAssembly.Memory
  exports: Functions
  team?: Team
}

const running = new WeakMap<WasmBackend, Running>()
const modules = new Map<boolean, WebAssembly.Module>()
let kernels: Kernels | undefined

/** Load the WebAssembly that the kernels run, unless another one has been chosen; call this before the backend starts. */
export async function loadKernels(): Promise<void> {
  kernels ??= { binary: await loadBinary(), compile: binary => new WebAssembly.Module(binary) }
}

/** Choose the WebAssembly that the kernels run; the first choice stays. */
export function chooseKernels(chosen: Kernels): void {
  kernels ??= chosen
}

function runningOn(backend: WasmBackend): Running {
  let found = running.get(backend)
  if (!found) {
    const { memory } = backend.wasm.asm
    if (!memory)
      throw new Error(
        "backends.useBackend: tfjs's wasm backend must run without its own threads. Call useBackend before anything else starts the backend.",
      )
    const shared = hasSharedMemory(backend)
    let module = modules.get(shared)
    if (!module) {
      const { binary, compile } = kernels!
      module = compile((shared ? withSharedMemory(binary) : binary) as BufferSource)
      modules.set(shared, module)
    }
    const exports = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Functions
    found = { module, memory, exports }
    running.set(backend, found)
  }
  return found
}

/** Whether the backend's heap is memory that threads can share. */
export function hasSharedMemory({ wasm }: WasmBackend): boolean {
  return String(wasm.asm.memory.buffer) === '[object SharedArrayBuffer]'
}

/** How many threads compute on this backend. */
export const threadsOf = (backend: WasmBackend): number => runningOn(backend).team?.threads ?? 1

/** Set how many threads compute; `start` starts the missing workers. The heap must be shared. */
export function setThreads(backend: WasmBackend, threads: number, start: (place: Place) => void): void {
  const found = runningOn(backend)
  found.team ??= new Team(found, start)
  found.team.threads = threads
}

/** With fewer operations (about 30 us) the main thread is done before another one that sleeps has woken up. */
const WORTH_SHARING = 500_000

/**
 * Run a kernel on all its units of work; on all threads if there are enough operations. Operations are multiply-adds; to
 * read or write a number of a large tensor takes as long as four of them.
 */
export function runUnits(
  backend: WasmBackend,
  kernel: Divisible,
  { units, operations }: { units: number; operations: number },
  values: readonly Value[],
): void {
  const { exports, team } = runningOn(backend)
  const alone = !team || team.threads === 1 || units === 1 || operations < WORTH_SHARING
  const func = exports[kernel] as (...numbers: number[]) => void
  const run = (numbers: readonly number[]) =>
    alone ? func(...numbers, 0, units, 0) : team.run(kernel, units, numbers)
  run(numbersOf(values))
  watcherOf(backend)?.ours({ name: kernel, addresses: addresses[kernel], values, units, run })
}

/** Where a tensor's numbers start in the heap. */
export function addressOf(backend: WasmBackend, tensor: tf.TensorInfo): number {
  return backend.dataIdMap.get(tensor.dataId).memoryOffset
}

/** A new float32 tensor of zeros; makeOutput alone doesn't clear the memory. */
export function makeZeros(backend: WasmBackend, shape: number[]): tf.TensorInfo {
  const zeros = backend.makeOutput(shape, 'float32')
  const size = shape.reduce((size, side) => size * side, 1)
  const work = { units: Math.ceil(size / 16_384), operations: 4 * size }
  runUnits(backend, 'fill', work, [addressOf(backend, zeros), size, 0])
  return zeros
}

/** Memory that the body may use: `floats` numbers for each of `parts` parts, which lie `step` bytes apart. */
export function withScratch(
  backend: WasmBackend,
  floats: number,
  parts: number,
  body: (address: number, step: number) => void,
): void {
  const step = 64 * Math.ceil(floats / 16)
  const scratch = backend.makeOutput([(step / 4) * parts], 'float32')
  try {
    body(addressOf(backend, scratch), step)
  } finally {
    backend.disposeData(scratch.dataId)
  }
}
