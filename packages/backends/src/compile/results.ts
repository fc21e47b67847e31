import * as tf from '@tensorflow/tfjs-core'

/** The container with each tensor replaced, in order. */
export function mapTensors(
  value: tf.TensorContainer,
  replace: (tensor: tf.Tensor) => tf.Tensor,
): tf.TensorContainer {
  if (value instanceof tf.Tensor) return replace(value)
  if (Array.isArray(value)) return value.map(part => mapTensors(part, replace))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [name, mapTensors(part as tf.TensorContainer, replace)]),
  )
}

/** The tensors of a container, in order. */
export function tensorsOf(value: tf.TensorContainer): tf.Tensor[] {
  const tensors: tf.Tensor[] = []
  mapTensors(value, tensor => {
    tensors.push(tensor)
    return tensor
  })
  return tensors
}
