import type * as tf from '@tensorflow/tfjs-core'
import { type KernelName, type Outputs, places } from './table.js'

/** The names of a kernel's outputs, in the order of tfjs's list. */
export function outputNames(name: KernelName): string[] {
  const order = Object.entries<number>(places[name]).sort(([, a], [, b]) => a - b)
  return order.map(([output]) => output)
}

/** The outputs by name, from tfjs's list. */
export function byName<Name extends KernelName>(name: Name, list: readonly tf.Tensor[]): Outputs<Name> {
  const named: Record<string, tf.Tensor> = {}
  for (const [output, place] of Object.entries<number>(places[name])) {
    const tensor = list[place]
    if (tensor) named[output] = tensor
  }
  return named as unknown as Outputs<Name>
}

/** tfjs's list, from the outputs by name. */
export function inOrder(name: KernelName, named: Readonly<Record<string, tf.TensorInfo>>): tf.TensorInfo[] {
  const list: tf.TensorInfo[] = []
  for (const [output, place] of Object.entries<number>(places[name])) {
    const tensor = named[output]
    if (tensor) list[place] = tensor
  }
  return list
}
