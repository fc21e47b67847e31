import * as tf from '@tensorflow/tfjs-core'

/** What tfjs's wasm backend tells its binary about tensors, each of which has numbers of four bytes. */
interface WasmTensors {
  registerTensor(id: number, size: number, address: number): void
  disposeData(id: number): void
}

/**
 * Follow how many bytes of tensors are alive on the wasm backend, scratch memory of kernels included.
 *
 * @returns  gives the most so far, of those made after this call
 */
export function trackLiveBytes(): () => number {
  const tensors = (tf.backend() as unknown as { wasm: { tfjs: WasmTensors } }).wasm.tfjs
  const { registerTensor, disposeData } = tensors
  const sizes = new Map<number, number>()
  let [alive, most] = [0, 0]
  const forget = (id: number) => {
    alive -= sizes.get(id) ?? 0
    sizes.delete(id)
  }
  tensors.registerTensor = (id, size, address) => {
    forget(id)
    sizes.set(id, 4 * size)
    alive += 4 * size
    most = Math.max(most, alive)
    registerTensor(id, size, address)
  }
  tensors.disposeData = id => {
    forget(id)
    disposeData(id)
  }
  return () => most
}
