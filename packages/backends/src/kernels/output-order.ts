import type * as tf from '@tensorflow/tfjs-core'
import { type KernelName, type Outputs, places } from './table.js'

/** The names of a kernel's outputs, in the order of tfjs's list. */
export function outputNames(name: KernelName): string[] {
  const order = Object.entries<number>(namedPlaces(name)).sort(([, a], [, b]) => a - b)
  return order.map(([output]) => output)
}

const namedPlaces = (name: KernelName): Record<string, number> => {
  const named = places[name]
  return named === 'list' ? {} : named
}

/** The outputs by name, from tfjs's list. */
export function byName<Name extends KernelName>(name: Name, list: readonly tf.Tensor[]): Outputs<Name> {
  if (places[name] === 'list') return list as Outputs<Name>
  const named: Record<string, tf.Tensor> = {}
  for (const [output, place] of Object.entries<number>(namedPlaces(name))) {
    const tensor = list[place]
    if (tensor) named[output] = tensor
  }
  return named as unknown as Outputs<Name>
}

/** tfjs's list, from the outputs by name. */
export function inOrder(
  name: KernelName,
  named: Readonly<Record<string, tf.TensorInfo>> | readonly tf.TensorInfo[],
): tf.TensorInfo[] {
  if (isList(named)) return [...named]
  const list: tf.TensorInfo[] = []
  for (const [output, place] of Object.entries<number>(namedPlaces(name))) {
    const tensor = named[output]
    if (tensor) list[place] = tensor
  }
  return list
}

const isList = (named: object): named is readonly tf.TensorInfo[] => Array.isArray(named)
