import { type HostTensor, toFloat32 } from '@rectified-flow/checkpoints'
import type { Weights } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import type { Architecture } from './architecture.js'
import { findPrefix, givenPrefix } from './find-prefix.js'
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

/**
 * Compare a checkpoint with a network: the tensors that fit, under the network's names, and a report on the others. Tensors
 * whose names don't start with the prefix belong to something else, such as an optimizer. A network of two times takes a
 * checkpoint of one: its second embedding starts from the first.
 */
export function matchTensors(
  where: string,
  architecture: Architecture,
  tensors: ReadonlyMap<string, HostTensor>,
  given?: string,
): { fitting: Map<string, HostTensor>; report: LoadReport } {
  const { weights, buffers, startsFrom } = architecture
  const { resampleFilter } = architecture.block
  const filters = new Set(storedFilterNames(architecture))
  const report: LoadReport = { missing: [], unexpected: [], mismatched: [] }
  const fitting = new Map<string, HostTensor>()
  const network = new Set([...buffers.keys(), ...weights.keys()].filter(name => !startsFrom.has(name)))
  const prefix =
    given === undefined
      ? findPrefix(where, network, tensors.keys())
      : givenPrefix(given, network, new Set(tensors.keys()))
  for (const [fullName, tensor] of tensors) {
    if (!fullName.startsWith(prefix)) continue
    const name = fullName.slice(prefix.length)
    const entry = weights.get(name) ?? buffers.get(name)
    if (entry) {
      const expected = torchShape(entry.shape)
      if (String(expected) === String(tensor.shape)) fitting.set(name, withData(tensor))
      else report.mismatched.push({ name, expected: `[${expected}]`, got: `[${tensor.shape}]` })
    } else if (filters.has(name)) {
      if (!isFilter(tensor, resampleFilter))
        report.mismatched.push({
          name,
          expected: `resampleFilter [${resampleFilter}]`,
          got: `another [${tensor.shape}]`,
        })
    } else report.unexpected.push(fullName)
  }
  const ofOneTime = [...startsFrom.keys()].every(name => !tensors.has(prefix + name))
  for (const [name, source] of startsFrom)
    if (ofOneTime && fitting.has(source)) fitting.set(name, fitting.get(source)!)
    else if (!fitting.has(name)) network.add(name)
  for (const name of network) if (!tensors.has(prefix + name)) report.missing.push(name)
  return { fitting, report }
}

/** The tensor. Throws its error if it is an UnreadTensor, before anything is loaded. */
function withData(tensor: HostTensor): HostTensor {
  void tensor.data
  return tensor
}

/**
 * Throw unless everything fits.
 *
 * @param hint  what the caller can do, as the end of the sentence
 */
export function checkReport(
  where: string,
  { missing, unexpected, mismatched }: LoadReport,
  hint: string,
): void {
  const wrong = mismatched.map(({ name, expected, got }) => `${name} (${got} for ${expected})`)
  const parts: [string, string[]][] = [
    ['missing', missing],
    ['unexpected', unexpected],
    ['mismatched', wrong],
  ]
  const problems = parts
    .filter(([, names]) => names.length > 0)
    .map(([kind, names]) => `${names.length} ${kind}: ${firstFew(names)}`)
    .join('; ')
  if (problems)
    throw new RangeError(
      `${where}: tensors must match the network, got ${problems}. Check the configuration and the prefix${hint}.`,
    )
}

function firstFew(names: readonly string[]): string {
  const first = names.slice(0, 3).map(name => (name.length > 100 ? `${name.slice(0, 100)}...` : name))
  return names.length > 3 ? `${first.join(', ')} and ${names.length - 3} more` : first.join(', ')
}

/** New variables with a checkpoint's numbers. Throws unless everything fits. */
export function weightsOf(
  architecture: Architecture,
  tensors: ReadonlyMap<string, HostTensor>,
  prefix?: string,
): { weights: Weights; buffers: Weights } {
  const { where } = architecture
  const { fitting, report } = matchTensors(where, architecture, tensors, prefix)
  checkReport(where, report, '')
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
