import { describe } from '@rectified-flow/core'
import { type HostTensor, hostArrays, MAX_AXES, sizeOf } from '../host-tensor.js'

/** Throw unless dtype, shape and data fit each other. */
export function checkHostTensor(where: string, name: string, { dtype, shape, data }: HostTensor): void {
  if (!Object.hasOwn(hostArrays, dtype))
    throw new RangeError(
      `${where}: dtype of '${name}' must be one of ${Object.keys(hostArrays).join(', ')}, got ${describe(dtype)}.`,
    )
  const array = hostArrays[dtype]
  if (!(data instanceof array))
    throw new TypeError(
      `${where}: data of '${name}' must be a ${array.name} for ${dtype}, got ${describe(data)}.`,
    )
  if (shape.length > MAX_AXES)
    throw new RangeError(
      `${where}: shape of '${name}' must have at most ${MAX_AXES} axes, got ${shape.length}.`,
    )
  if (sizeOf(shape) !== data.length)
    throw new RangeError(
      `${where}: data of '${name}' must have ${sizeOf(shape)} numbers for shape [${shape}], got ${data.length}.`,
    )
}
