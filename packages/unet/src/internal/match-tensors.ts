import { type HostTensor, toFloat32 } from '@rectified-flow/checkpoints'
import type { Weights } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import type { Architecture } from './architecture.js'
import { storedFilter, storedFilterNames } from './resample-filters.js'
import { fromTorch, torchShape } from './torch-layout.js'

/** Names that did not fit, without the prefix. */
export interface LoadReport {
  /** Of the network, with no tensor. */
  missing: string[]
  /** Of tensors, with no place in the network (prefix included). */
  unexpected: string[]
  /** Of both, with other shapes (PyTorch's) or, for a resampling filter, another filter than the configuration's. */
  mismatched: { name: string; expected: string; got: string }[]
}

/** What preconditioned networks of EDM and of rfpp store their network under. */
const MODEL = 'model.'
/** What EDM's iDDPM preconditioner stores beside the network: its table of noise levels. */
const IGNORED = ['u']

/** A checkpoint held against a network: tensors that fit, under the network's names, and a report on the others. */
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

/** Variables with a checkpoint's numbers. Throws unless everything fits. */
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
        tf.tidy(() => tf.variable(hereOf(name, fitting.get(name) as HostTensor, shape), trainable)),
      ]),
    )
  return { weights: variables(architecture.weights, true), buffers: variables(architecture.buffers, false) }
}

/** A tensor of a checkpoint in the layout of here. */
export function hereOf(name: string, tensor: HostTensor, shape: number[]): tf.Tensor {
  return tf.tensor(fromTorch(name, toFloat32(tensor), shape), shape)
}

function isFilter(tensor: HostTensor, taps: readonly number[]): boolean {
  const [expected, got] = [storedFilter(taps), toFloat32(tensor)]
  return (
    expected.length === got.length && expected.every((tap, i) => Math.abs(tap - (got[i] as number)) <= 1e-6)
  )
}
