import * as tf from '@tensorflow/tfjs-core'
import { checkOneOf } from './checks.js'
import { registerWasmKernels } from './wasm/register.js'
import { openWebgpu } from './webgpu/open.js'

/** A tfjs backend that may or may not be there. */
export interface BackendCandidate {
  /** The name users ask for: 'webgpu', 'wasm', 'cpu'; in Node also 'node-gpu' and 'node'. */
  name: string
  /** The name it has in tfjs. */
  tfjsName: string
  /** Never taken unless it is named. */
  onlyByName?: boolean
  /** Load and register it. Resolves to why it can't be used here, or to what it runs on when it is ready to set. */
  load(): Promise<{ reason: string } | { device?: string }>
  /** Look at the backend once it is active: why it is not what its name promises, or null. */
  verify?(): string | null
}

/** What was chosen, and why the candidates before it were not. */
export interface BackendChoice {
  name: string
  /** What it runs on, where the backend tells. */
  device?: string
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
    if (name === undefined ? candidate.onlyByName : candidate.name !== name) continue
    const result = await tryCandidate(candidate)
    if (!('reason' in result)) return { name: candidate.name, ...result, skipped }
    skipped.push({ name: candidate.name, reason: result.reason })
  }
  if (name !== undefined)
    throw new Error(`core.useBackend: ${name} can't be used here: ${skipped[0]?.reason}.`)
  const reasons = skipped.map(({ name, reason }) => `${name}: ${reason}`).join('; ')
  throw new Error(`core.useBackend: no backend can be used here (${reasons}).`)
}

async function tryCandidate(candidate: BackendCandidate): ReturnType<BackendCandidate['load']> {
  try {
    const loaded = await candidate.load()
    if ('reason' in loaded) return loaded
    if (!(await tf.setBackend(candidate.tfjsName))) return { reason: 'its initialisation failed' }
    await tf.ready()
    const reason = candidate.verify?.() ?? null
    return reason === null ? loaded : { reason }
  } catch (error) {
    return { reason: error instanceof Error ? (error.message.split('\n')[0] as string) : String(error) }
  }
}

/** WebGPU through navigator.gpu, or through what `find` gives (Dawn, in Node). */
export function webgpu(
  name: 'webgpu' | 'webgpu-software',
  find: () => Promise<GPU | { reason: string }> = async () =>
    (globalThis.navigator as Navigator | undefined)?.gpu ?? { reason: 'navigator.gpu is missing' },
): BackendCandidate {
  const software = name === 'webgpu-software'
  return {
    name,
    tfjsName: 'webgpu',
    onlyByName: software,
    async load() {
      const gpu = await find()
      return 'reason' in gpu ? gpu : openWebgpu(gpu, { software })
    },
  }
}

export const wasm: BackendCandidate = {
  name: 'wasm',
  tfjsName: 'wasm',
  async load() {
    await import('@tensorflow/tfjs-backend-wasm')
    registerWasmKernels()
    return {}
  },
}

export const cpu: BackendCandidate = {
  name: 'cpu',
  tfjsName: 'cpu',
  async load() {
    // tfjs-node brings one, and tfjs would warn of each kernel that it already has
    if (!tf.findBackendFactory('cpu')) await import('@tensorflow/tfjs-backend-cpu')
    return {}
  },
  verify() {
    // In Node, its first tensor prints an advert for tfjs-node, which whoever chose 'cpu' has no use for.
    Object.assign(tf.backend(), { firstUse: false })
    return null
  },
}

const inBrowser = [webgpu('webgpu'), webgpu('webgpu-software'), wasm, cpu]

/**
 * Make a backend the active one: the one named, or the first of 'webgpu', 'wasm', 'cpu' that works here. An adapter that
 * computes on the CPU is taken as 'webgpu-software' only, by name. In Node, '@rectified-flow/core/node' has the same
 * function with the native backends.
 */
export function useBackend(name?: 'webgpu' | 'webgpu-software' | 'wasm' | 'cpu'): Promise<BackendChoice> {
  return chooseBackend(inBrowser, name)
}
