import { useBackend } from '@rectified-flow/backends'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, expect, it } from 'vitest'
import type { WasmBackend } from '../../src/wasm/backend.js'

afterAll(() => useBackend((process.env.BACKEND ?? 'cpu') as 'cpu'))

it('begins large tensors at a cache line, and gives their memory back', async () => {
  await useBackend('wasm')
  const backend = tf.backend() as unknown as WasmBackend
  const addressOf = ({ dataId }: tf.Tensor) => backend.dataIdMap.get(dataId).memoryOffset
  const made: tf.Tensor[] = []
  for (let size = 1; size < 4000; size += 37) made.push(tf.fill([size], size))
  for (const x of made) {
    if (x.size >= 64) expect(addressOf(x) % 64, `${x.size} numbers`).toBe(0)
    expect(await x.data()).toEqual(new Float32Array(x.size).fill(x.size))
  }
  tf.dispose(made)
  // A megabyte at a time, far more often than the heap has room for: 8 GiB in all.
  for (let i = 0; i < 8192; i++) backend.disposeData(backend.makeOutput([262_144], 'float32').dataId)
  const [address, again] = [0, 1].map(() => {
    const x = tf.ones([262_144])
    const address = addressOf(x)
    x.dispose()
    return address
  })
  expect(again).toBe(address)
})

it("frees what tfjs's own functions made", async () => {
  await useBackend('wasm')
  const kept = tf.tidy(() =>
    tf.image.nonMaxSuppression(
      tf.tensor2d([0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 3, 3], [3, 4]),
      tf.tensor1d([0.5, 0.9, 0.7]),
      3,
    ),
  )
  expect([...(await kept.data())]).toEqual([1, 2])
  kept.dispose()
})
