import { checkOneOf } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { BACKENDS, type BackendName } from './backend-names.js'
import { type CompiledForm, compilerOf } from './compile/compilers.js'
import { registerGradients } from './gradients.js'
import { checkVersion } from './kernels/version-mark.js'
import { PRECISIONS, type Precision, setPrecision } from './precision.js'
import { addTuning, type Tuning } from './tuning.js'

/** Why a backend can't be used here. */
export interface Unavailable {
  reason: string
  /** The npm package to install, where only that is missing. */
  install?: string
}

/** A tfjs backend that may or may not be there. */
export interface BackendCandidate {
  name: BackendName
  /** The name it has in tfjs. */
  tfjsName: string
  /** Used only when the caller names it. */
  onlyByName?: boolean
  /** Whether it may have mixed precision; `load` says if it does. */
  mixes?: boolean
  /** Load and register the backend. Resolves to the reason why it can't be used, or to its device once it is registered. */
  load(precision: Precision): Promise<Unavailable | { device?: string }>
  /** Check the backend once it is active. Resolves to why it is not what its name promises, its device if that shows only now, or null. */
  verify?(precision: Precision): Promise<Unavailable | { device: string } | null>
}

/** The chosen backend, and why the candidates before it were not chosen. */
export interface BackendChoice {
  name: BackendName
  /** What the backend runs on, where it can tell. */
  device?: string
  /** What `compile` turns a function into: 'graph' is a TensorFlow graph; null means that it calls the function as it is. */
  compiles: CompiledForm | null
  skipped: { name: BackendName; reason: string }[]
}

/** Whether a backend works on this machine, with its device or the reason. */
export type BackendProbe = { name: BackendName } & (
  | { works: true; device?: string; compiles: CompiledForm | null }
  | ({ works: false } & Unavailable)
)

interface Wanted {
  name?: BackendName | undefined
  precision?: Precision | undefined
  tuning?: Tuning | undefined
}

/**
 * Activate the first usable candidate, or the named one. Throws if no candidate (or not the named one) can be used, or if
 * another version of this package has registered its kernels.
 */
export async function chooseBackend(
  candidates: readonly BackendCandidate[],
  { name, precision = 'float32', tuning }: Wanted,
): Promise<BackendChoice> {
  checkOneOf('backends.useBackend', 'precision', precision, PRECISIONS)
  if (name !== undefined) checkOneOf('backends.useBackend', 'name', name, BACKENDS)
  checkVersion('backends.useBackend')
  const skipped: BackendChoice['skipped'] = []
  for (const candidate of candidates) {
    if (name === undefined ? candidate.onlyByName : candidate.name !== name) continue
    const result = await tryCandidate(candidate, precision)
    if (!('reason' in result)) {
      setPrecision(precision)
      if (tuning) addTuning(tuning)
      return { name: candidate.name, ...result, compiles: compiledForm(), skipped }
    }
    skipped.push({ name: candidate.name, reason: result.reason })
  }
  if (name !== undefined)
    throw new Error(`backends.useBackend: ${name} can't be used here: ${skipped[0]?.reason}.`)
  const reasons = skipped.map(({ name, reason }) => `${name}: ${reason}`).join('; ')
  throw new Error(`backends.useBackend: no backend can be used here (${reasons}).`)
}

/** Try every candidate, one after another. The backend that was active is active again afterwards. */
export async function probeCandidates(candidates: readonly BackendCandidate[]): Promise<BackendProbe[]> {
  checkVersion('backends.probeBackends')
  const active = tf.engine().backendName as string | undefined
  const probes: BackendProbe[] = []
  for (const candidate of candidates) {
    const { name } = candidate
    const result = await tryCandidate(candidate, 'float32')
    if ('reason' in result) probes.push({ name, works: false, ...result })
    else probes.push({ name, works: true, ...result, compiles: compiledForm() })
  }
  if (active && tf.findBackendFactory(active)) await tf.setBackend(active)
  return probes
}

async function tryCandidate(
  candidate: BackendCandidate,
  precision: Precision,
): ReturnType<BackendCandidate['load']> {
  if (precision === 'mixed' && !candidate.mixes) return { reason: "precision 'mixed' needs WebGPU" }
  try {
    await registerGradients()
    const loaded = await candidate.load(precision)
    if ('reason' in loaded) return loaded
    if (!(await tf.setBackend(candidate.tfjsName))) return { reason: 'its initialisation failed' }
    await tf.ready()
    return (await candidate.verify?.(precision)) ?? loaded
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return { reason: message.split('\n')[0] ?? message }
  }
}

function compiledForm(): CompiledForm | null {
  return compilerOf(tf.backend())?.form ?? null
}
