import * as tf from '@tensorflow/tfjs-core'
import { checkOneOf } from './checks.js'
import { registerWasmKernels } from './wasm/register.js'

/** A tfjs backend that may or may not be there. */
export interface BackendCandidate {
  /** The name users ask for: 'webgpu', 'wasm', 'cpu'; in Node also 'node-gpu' and 'node'. */
  name: string
  /** The name it has in tfjs. */
  tfjsName: string
  /** Load and register it. Resolves to why it can't be used here, or null when it is ready to set. */
  load(): Promise<string | null>
  /** Look at the backend once it is active: why it is not what its name promises, or null. */
  verify?(): string | null
}

/** What was chosen, and why the candidates before it were not. */
export interface BackendChoice {
  name: string
  skipped: { name: string; reason: string }[]
}

/** Activate the first usable candidate, or the one asked for. Throws where none (or not that one) can be used. */
export async function chooseBackend(
  candidates: readonly BackendCandidate[],
  name?: string,
): Promise<BackendChoice> {
  const names = candidates.map(candidate => candidate.name)
  if (name !== undefined) checkOneOf('core.useBackend', 'name', name, names)
  const skipped: BackendChoice['skipped'] = []
  for (const candidate of candidates) {
    if (name !== undefined && candidate.name !== name) continue
    const reason = await tryCandidate(candidate)
    if (reason === null) return { name: candidate.name, skipped }
    skipped.push({ name: candidate.name, reason })
  }
  if (name !== undefined)
    throw new Error(`core.useBackend: ${name} can't be used here: ${skipped[0]?.reason}.`)
  const reasons = skipped.map(({ name, reason }) => `${name}: ${reason}`).join('; ')
  throw new Error(`core.useBackend: no backend can be used here (${reasons}).`)
}

async function tryCandidate(candidate: BackendCandidate): Promise<string | null> {
  try {
    const reason = await candidate.load()
    if (reason !== null) return reason
    if (await tf.setBackend(candidate.tfjsName)) {
      await tf.ready()
      return candidate.verify?.() ?? null
    }
    return 'its initialisation failed'
  } catch (error) {
    return error instanceof Error ? (error.message.split('\n')[0] as string) : String(error)
  }
}

export const webgpu: BackendCandidate = {
  name: 'webgpu',
  tfjsName: 'webgpu',
  async load() {
    const gpu = (globalThis.navigator as { gpu?: { requestAdapter(): Promise<unknown> } } | undefined)?.gpu
    if (!gpu) return 'navigator.gpu is missing'
    if (!(await gpu.requestAdapter())) return 'no adapter'
    await import('@tensorflow/tfjs-backend-webgpu')
    return null
  },
}

export const wasm: BackendCandidate = {
  name: 'wasm',
  tfjsName: 'wasm',
  async load() {
    await import('@tensorflow/tfjs-backend-wasm')
    registerWasmKernels()
    return null
  },
}

export const cpu: BackendCandidate = {
  name: 'cpu',
  tfjsName: 'cpu',
  async load() {
    await import('@tensorflow/tfjs-backend-cpu')
    return null
  },
  verify() {
    // In Node, its first tensor prints an advert for tfjs-node, which whoever chose 'cpu' has no use for.
    Object.assign(tf.backend(), { firstUse: false })
    return null
  },
}

/**
 * Make a backend the active one: the one named, or the first of 'webgpu', 'wasm', 'cpu' that works here. In Node,
 * '@rectified-flow/core/node' has the same function with the native backends.
 */
export function useBackend(name?: 'webgpu' | 'wasm' | 'cpu'): Promise<BackendChoice> {
  return chooseBackend([webgpu, wasm, cpu], name)
}
