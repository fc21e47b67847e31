import { type HostTensor, toFloat32 } from '@rectified-flow/checkpoints'
import type { Weights } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import type { Architecture } from './architecture.js'
import { storedFilter, storedFilterNames } from './resample-filters.js'
import { fromTorch, torchShape } from './torch-layout.js'

/** Names that did not fit, without the prefix. */
export interface LoadReport {
  /** Names of the network for which there is no tensor. */
  missing: string[]
  /** Names of tensors that the network doesn't have (these include the prefix). */
  unexpected: string[]
  /** Names in both whose shapes (PyTorch's) differ, or resampling filters that differ from the configuration's. */
  mismatched: { name: string; expected: string; got: string }[]
}

/** The prefix under which preconditioned networks of EDM and of rfpp store their network. */
const MODEL = 'model.'
/** EDM's iDDPM preconditioner stores its table of noise levels beside the network, under this name. */
const IGNORED = ['u']

/** Compare a checkpoint with a network: the tensors that fit, under the network's names, and a report on the others. */
export function matchTensors(
  architecture: Architecture,
  tensors: ReadonlyMap<string, HostTensor>,
  prefix = [...tensors.keys()].some(name => name.startsWith(MODEL)) ? MODEL : '',
): { fitting: Map<string, HostTensor>; report: LoadReport } {
  const { weights, buffers } = architecture
  const { resampleFilter } = architecture.block
  const filters = new Set(storedFilterNames(architecture))
  const report: LoadReport = { missing: [], unexpected: [], mismatched: [] }
  const fitting = new Map<string, HostTensor>()
  for (const [fullName, tensor] of tensors) {
    const name = fullName.startsWith(prefix) ? fullName.slice(prefix.length) : ''
    const entry = weights.get(name) ?? buffers.get(name)
    if (entry) {
      const expected = torchShape(entry.shape)
      if (String(expected) === String(tensor.shape)) fitting.set(name, tensor)
      else report.mismatched.push({ name, expected: `[${expected}]`, got: `[${tensor.shape}]` })
    } else if (filters.has(name)) {
      if (!isFilter(tensor, resampleFilter))
        report.mismatched.push({
          name,
          expected: `resampleFilter [${resampleFilter}]`,
          got: `another [${tensor.shape}]`,
        })
    } else if (!(prefix && IGNORED.includes(fullName))) report.unexpected.push(fullName)
  }
  for (const name of [...buffers.keys(), ...weights.keys()])
    if (!tensors.has(prefix + name)) report.missing.push(name)
  return { fitting, report }
}

/** Throw unless everything fits. */
export function checkReport(where: string, { missing, unexpected, mismatched }: LoadReport): void {
  const wrong = mismatched.map(({ name, expected, got }) => `${name} (${got} for ${expected})`)
  const parts: [string, string[]][] = [
    ['missing', missing],
    ['unexpected', unexpected],
    ['mismatched', wrong],
  ]
  const problems = parts
    .filter(([, names]) => names.length > 0)
    .map(([kind, names]) => `${names.length} ${kind}: ${names.join(', ')}`)
    .join('; ')
  if (problems)
    throw new RangeError(
      `${where}: tensors must match the network, got ${problems}. Check the configuration and the prefix, or pass strict: false.`,
    )
}

/** New variables with a checkpoint's numbers. Throws unless everything fits. */
export function weightsOf(
  architecture: Architecture,
  tensors: ReadonlyMap<string, HostTensor>,
  prefix?: string,
): { weights: Weights; buffers: Weights } {
  const { fitting, report } = matchTensors(architecture, tensors, prefix)
  checkReport(architecture.where, report)
  const variables = (table: Architecture['weights'], trainable: boolean) =>
    new Map(
      Array.from(table, ([name, { shape }]) => [
        name,
        tf.tidy(() => tf.variable(hereOf(name, fitting.get(name)!, shape), trainable)),
      ]),
    )
  return { weights: variables(architecture.weights, true), buffers: variables(architecture.buffers, false) }
}

/** A checkpoint's tensor in this package's layout. */
export function hereOf(name: string, tensor: HostTensor, shape: number[]): tf.Tensor {
  return tf.tensor(fromTorch(name, toFloat32(tensor), shape), shape)
}

function isFilter(tensor: HostTensor, taps: readonly number[]): boolean {
  const [expected, got] = [storedFilter(taps), toFloat32(tensor)]
  return expected.length === got.length && expected.every((tap, i) => Math.abs(tap - got[i]!) <= 1e-6)
}
