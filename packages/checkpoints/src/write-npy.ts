import { describe } from '@rectified-flow/core'
import type { HostTensor } from './host-tensor.js'
import { checkHostTensor } from './internal/check-host-tensor.js'
import { npyCodes } from './internal/npy-header.js'

/** The bytes of a .npy file, format version 1.0, C order, as NumPy writes them. BF16, which NumPy lacks, is refused. */
export function writeNpy(tensor: HostTensor): Uint8Array {
  return encodeNpy('checkpoints.writeNpy', 'tensor', tensor)
}

/** `writeNpy` for another function, whose name `where` the errors start with. */
export function encodeNpy(where: string, name: string, tensor: HostTensor): Uint8Array {
  checkHostTensor(where, name, tensor)
  const { dtype, shape, data } = tensor
  const code = npyCodes[dtype]
  if (!code)
    throw new RangeError(
      `${where}: dtype of '${name}' must be one that NumPy has, got ${describe(dtype)}. Convert it with toFloat32.`,
    )
  const order = code.endsWith('1') ? '|' : '<'
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ')
  const literal = `{'descr': '${order}${code}', 'fortran_order': False, 'shape': (${sizes}), }`
  // The numbers start at a multiple of 64.
  const header = literal.padEnd(Math.ceil((11 + literal.length) / 64) * 64 - 11)
  const start = 11 + header.length
  const file = new Uint8Array(start + data.byteLength)
  file.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0])
  new DataView(file.buffer).setUint16(8, header.length + 1, true)
  file.set(new TextEncoder().encode(`${header}\n`), 10)
  file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), start)
  return file
}
