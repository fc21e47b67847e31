/** A module with one instruction of relaxed SIMD, a fused multiply-add; without it an engine says that this is invalid. */
// biome-ignore format: bytes
export const RELAXED_SIMD = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 19, 1, 17, 0,
  65, 0, 253, 15, 65, 0, 253, 15, 65, 0, 253, 15, 253, 133, 2, 11,
])

/** Whether the engine has fused multiply-add. */
export const hasRelaxedSimd = (): boolean => WebAssembly.validate(RELAXED_SIMD)

/** The kernels of assembly/, with fused multiply-add where the engine has it. Only one of the binaries is loaded. */
export async function loadBinary(): Promise<Uint8Array> {
  const { binaryBase64 } = hasRelaxedSimd()
    ? await import('./relaxed-simd.generated.js')
    : await import('./simd.generated.js')
  return bytesOf(binaryBase64)
}

export function bytesOf(binaryBase64: string): Uint8Array {
  return Uint8Array.from(atob(binaryBase64), byte => byte.charCodeAt(0))
}
