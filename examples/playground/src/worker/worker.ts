import { useBackend } from '@rectified-flow/backends'
import teacherUrl from '@rectified-flow/flow/weights/digit-teacher.safetensors?url'
import oneStepUrl from '@rectified-flow/flow/weights/digit-translator.safetensors?url'
import wasmUrl from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url'
import * as tf from '@tensorflow/tfjs-core'
import { type Port, serve } from '../rpc.js'
import { Digits, type DigitsInfo, type Place } from './digits.js'
import { Plane } from './plane.js'
import type { PlaneSettings, Progress, TrainingSettings, ViewSettings } from './plane-messages.js'

/** Events that the worker sends besides its answers. */
export type Event = { progress: Progress } | { mapRow: { row: number; images: Float32Array } }

const port = globalThis as unknown as Port
const tell = (event: Event) => port.postMessage({ event })

let plane: Plane | undefined
let digits: Digits | undefined

const api = {
  /** Start a backend: the one named, or WebGPU where there is a GPU, else wasm. */
  async start(backend?: Parameters<typeof useBackend>[0]) {
    // One binary is enough: every browser with module workers has SIMD, and threads need cross-origin isolation, which
    // pages seldom have.
    const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm')
    tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false)
    setWasmPaths({
      'tfjs-backend-wasm.wasm': wasmUrl,
      'tfjs-backend-wasm-simd.wasm': wasmUrl,
      'tfjs-backend-wasm-threaded-simd.wasm': wasmUrl,
    })
    const { name, device } = await useBackend(backend)
    return { name, device }
  },

  async newPlane(settings: PlaneSettings) {
    await plane?.dispose()
    plane = new Plane(settings)
    return plane.pairs(0)
  },
  train: (settings: TrainingSettings) => plane?.train(settings, progress => tell({ progress })),
  async reflow() {
    await plane?.reflow()
  },
  stop: () => plane?.stop(),
  pairs: (round: number) => plane?.pairs(round),
  view: (settings: ViewSettings) => plane?.view(settings),

  /** Load the shipped networks: a 2-rectified flow, and the 1-rectified flow that its training started from. */
  async openDigits(): Promise<DigitsInfo> {
    const [oneStep, teacher] = await Promise.all([download(oneStepUrl), download(teacherUrl)])
    return use(Digits.load(oneStep, teacher))
  },
  /** Load a network of the user's. */
  loadDigits: (bytes: ArrayBuffer): DigitsInfo => use(Digits.load(bytes)),
  drawOne: (place: Place) => digits?.one(place),
  drawMany: (place: Place, nfe: number) => digits?.many(place, nfe),
  drawNoise: (place: Place) => digits?.noise(place),
  drawMap: (place: Omit<Place, 'x' | 'y'>, columns: number) =>
    digits?.map(place, columns, (row, images) => tell({ mapRow: { row, images } })),
  invert: (image: Float32Array, label: number) => digits?.invert(image, label),
  translate: () => digits?.translate(),
  forget: () => digits?.forget(),
}

export type Api = typeof api

function use(next: Digits): DigitsInfo {
  digits?.dispose()
  digits = next
  return next.info
}

async function download(url: string): Promise<ArrayBuffer> {
  const response = await fetch(url)
  if (!response.ok) throw new Error(`${url}: ${response.status} ${response.statusText}`)
  return response.arrayBuffer()
}

serve(port, api)
