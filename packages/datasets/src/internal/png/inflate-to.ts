import { Unzlib } from 'fflate'

/** Deflate unpacks one byte to at most this many. */
const MAX_RATIO = 1032
/** Bytes that are unpacked at once: they can make 16 MB at most. */
const SLICE = 2 ** 14

/** Unpack a zlib stream until `size` bytes are there, and no further. It throws an Error if the stream has fewer. */
export function inflateTo(size: number, packed: Uint8Array): Uint8Array {
  if (size > packed.length * MAX_RATIO) throw new Error('it has too little data for its size')
  const out = new Uint8Array(size)
  let filled = 0
  const inflator = new Unzlib(chunk => {
    out.set(chunk.subarray(0, size - filled), filled)
    filled = Math.min(size, filled + chunk.length)
  })
  for (let at = 0; at < packed.length && filled < size; at += SLICE)
    inflator.push(packed.subarray(at, at + SLICE))
  if (filled < size) throw new Error('its data end early')
  return out
}
