/**
 * The same WebAssembly module with shared memory, whether the module imports its memory or defines it: this sets one flag in
 * the memory's limits. The code stays the same, because plain loads and stores work on shared memory too. The memory must
 * have a maximum size.
 */
export function withSharedMemory(binary: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = Uint8Array.from(binary)
  let at = 8 // after the magic number and the version
  const integer = () => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]!
      value |= (byte & 127) << shift
      if (byte < 128) return value
    }
  }
  const share = () => {
    if (bytes[at] !== HAS_MAXIMUM)
      throw new TypeError('backends.withSharedMemory: binary must have memory with a maximum size, got none.')
    bytes[at] = HAS_MAXIMUM | SHARED
    skipLimits()
  }
  const skipLimits = () => {
    const flags = integer()
    integer()
    if (flags & HAS_MAXIMUM) integer()
  }
  const skipName = () => {
    const length = integer()
    at += length
  }
  const skipImport = () => {
    skipName() // of the module
    skipName() // of the field
    const kind = bytes[at++]
    if (kind === 0) integer()
    else if (kind === 1) {
      at++
      skipLimits()
    } else if (kind === 2) share()
    else at += 2
  }
  while (at < bytes.length) {
    const section = bytes[at++]
    const size = integer()
    const end = at + size
    if (section === IMPORTS) for (let count = integer(); count > 0; count--) skipImport()
    if (section === MEMORIES) for (let count = integer(); count > 0; count--) share()
    at = end
  }
  return bytes
}

const IMPORTS = 2
const MEMORIES = 5
const HAS_MAXIMUM = 1
const SHARED = 2
