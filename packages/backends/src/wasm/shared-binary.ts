import { withSharedMemory } from './shared-memory.js'

/**
 * Whether threads can share memory with this code, and this code can wait for them: in a browser that is in a worker, of a page that
 * is cross-origin isolated.
 */
export const canShareMemory = (): boolean =>
  globalThis.crossOriginIsolated === true && !('document' in globalThis)

/** Whether the memory of tfjs's binary can be had as shared memory: small devices refuse so large a reservation. */
function canReserve(): boolean {
  try {
    new WebAssembly.Memory({ initial: 256, maximum: 65_536, shared: true })
    return true
  } catch {
    return false
  }
}

/**
 * The address of a copy of tfjs's SIMD binary whose memory threads can share. Give it to `setWasmPaths` of tfjs-backend-wasm for all
 * three files; then `useBackend` starts threads. Where there can be none, it is `url` itself: on a page that is not cross-origin
 * isolated, outside workers, on devices that can't reserve 4 GiB of addresses, and in Node, where `useBackend` needs no such address.
 *
 * @param url  address of tfjs-backend-wasm-simd.wasm
 * @throws Error if that can't be fetched
 */
export async function sharedBinary(url: string): Promise<string> {
  if (!canShareMemory() || !canReserve()) return url
  const response = await fetch(url)
  if (!response.ok)
    throw new Error(
      `backends.sharedBinary: url must be the address of a file, got ${url} (status ${response.status}).`,
    )
  const binary = withSharedMemory(new Uint8Array(await response.arrayBuffer()))
  return URL.createObjectURL(new Blob([binary], { type: 'application/wasm' }))
}
