import { checkKind } from '@rectified-flow/core'
import type { HostTensor } from '../host-tensor.js'

/** Names and tensors of a Map or an object, in its order. Throws for anything else. */
export function namedTensors(
  where: string,
  tensors: ReadonlyMap<string, HostTensor> | Readonly<Record<string, HostTensor>>,
): [string, HostTensor][] {
  checkKind(where, 'tensors', tensors, 'tensors by name, in a Map or an object', [])
  return [...(tensors instanceof Map ? tensors : Object.entries(tensors))] as [string, HostTensor][]
}
