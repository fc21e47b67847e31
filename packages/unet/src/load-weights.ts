import { type HostTensor, toFloat32 } from '@rectified-flow/checkpoints'
import * as tf from '@tensorflow/tfjs-core'
import { storedFilter, storedFilterNames } from './internal/resample-filters.js'
import { fromTorch, torchShape } from './internal/torch-layout.js'
import type { SongUNet } from './song-unet.js'

export interface LoadOptions {
  /** Throw, and load nothing, unless names and shapes match exactly. */
  strict?: boolean
  /** What the tensors' names begin with before the network's names, such as 'model.'. */
  prefix?: string
}

/** Names that did not fit, without the prefix. */
export interface LoadReport {
  /** Of the network, with no tensor. */
  missing: string[]
  /** Of tensors, with no place in the network (prefix included). */
  unexpected: string[]
  /** Of both, with other shapes (PyTorch's) or, for a resampling filter, another filter than the configuration's. */
  mismatched: { name: string; expected: string; got: string }[]
}

/**
 * Load weights that have the reference's names and PyTorch's layouts (conv [O,I,h,w], linear [O,I]).
 *
 * @returns  what did not fit: with strict, nothing
 */
export function loadWeights(
  net: SongUNet,
  tensors: ReadonlyMap<string, HostTensor>,
  { strict = true, prefix = '' }: LoadOptions = {},
): LoadReport {
  const targets = new Map([...net.buffers, ...net.weights])
  const filters = new Set(storedFilterNames(net.config))
  const report: LoadReport = { missing: [], unexpected: [], mismatched: [] }
  const fitting: { name: string; variable: tf.Variable; tensor: HostTensor }[] = []
  for (const [fullName, tensor] of tensors) {
    const name = fullName.startsWith(prefix) ? fullName.slice(prefix.length) : ''
    const variable = targets.get(name)
    if (variable) {
      const expected = torchShape(variable.shape)
      if (String(expected) === String(tensor.shape)) fitting.push({ name, variable, tensor })
      else report.mismatched.push({ name, expected: `[${expected}]`, got: `[${tensor.shape}]` })
    } else if (filters.has(name)) {
      const [expected, got] = [storedFilter(net.config.resampleFilter), toFloat32(tensor)]
      if (
        expected.length !== got.length ||
        expected.some((tap, i) => Math.abs(tap - (got[i] as number)) > 1e-6)
      )
        report.mismatched.push({
          name,
          expected: `resampleFilter [${net.config.resampleFilter}]`,
          got: `another [${tensor.shape}]`,
        })
    } else report.unexpected.push(fullName)
  }
  for (const name of targets.keys()) if (!tensors.has(prefix + name)) report.missing.push(name)

  const problems = describeReport(report)
  if (strict && problems)
    throw new RangeError(
      `unet.loadWeights: tensors must match the network, got ${problems}. Check the configuration and the prefix, or pass strict: false.`,
    )
  for (const { name, variable, tensor } of fitting) {
    const values = fromTorch(name, toFloat32(tensor), variable.shape)
    tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)))
  }
  return report
}

function describeReport({ missing, unexpected, mismatched }: LoadReport): string {
  const wrong = mismatched.map(({ name, expected, got }) => `${name} (${got} for ${expected})`)
  const parts: [string, string[]][] = [
    ['missing', missing],
    ['unexpected', unexpected],
    ['mismatched', wrong],
  ]
  return parts
    .filter(([, names]) => names.length > 0)
    .map(([kind, names]) => `${names.length} ${kind}: ${names.join(', ')}`)
    .join('; ')
}
