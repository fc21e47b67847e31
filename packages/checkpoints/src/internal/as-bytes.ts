import { describe } from '@rectified-flow/core'

/** A file's bytes as a Uint8Array that shares their memory. */
export function asBytes(where: string, bytes: unknown): Uint8Array {
  if (bytes instanceof Uint8Array) return bytes
  if (bytes instanceof ArrayBuffer) return new Uint8Array(bytes)
  throw new TypeError(`${where}: bytes must be a Uint8Array or an ArrayBuffer, got ${describe(bytes)}.`)
}
