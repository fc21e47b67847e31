import { useBackend as useBrowserBackend } from '@rectified-flow/core'
import { useBackend } from '@rectified-flow/core/node'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, expect, it, vi } from 'vitest'

type Name = Parameters<typeof useBackend>[0]

afterAll(() => useBackend((process.env.BACKEND ?? 'cpu') as Name))

it.each([
  ['cpu', useBackend],
  ['wasm', useBackend],
  ['cpu', useBrowserBackend],
  ['wasm', useBrowserBackend],
] as const)('activates %s by name and computes a gradient there', async (name, use) => {
  const threads = use === useBackend && name === 'wasm'
  const device = threads && { device: expect.stringMatching(/^\d+ threads?$/) }
  expect(await use(name)).toEqual({ name, ...device, skipped: [] })
  expect(tf.getBackend()).toBe(name)
  const gradient = tf.tidy(() => tf.grad(x => tf.sum(tf.square(x)))(tf.tensor1d([1, -2, 3])))
  expect([...(await gradient.data())]).toEqual([2, -4, 6])
  gradient.dispose()
})

it('takes the first that works, and says why it passed over the others', async () => {
  const { name, skipped } = await useBackend()
  const order = ['node-gpu', 'webgpu', 'node', 'wasm', 'cpu']
  expect([...skipped.map(one => one.name), name]).toEqual(order.slice(0, order.indexOf(name) + 1))
  for (const { reason } of skipped) expect(reason).toMatch(/\S/)
})

it('names the backends there are', async () => {
  const rule = 'core.useBackend: name must be one of'
  await expect(useBackend('cuda' as Name)).rejects.toThrow(
    new RangeError(`${rule} node-gpu, webgpu, webgpu-software, node, wasm, cpu, got 'cuda'.`),
  )
  await expect(useBrowserBackend('node' as 'cpu')).rejects.toThrow(
    new RangeError(`${rule} webgpu, webgpu-software, wasm, cpu, got 'node'.`),
  )
})

it('keeps the active backend when another is refused', async () => {
  await useBackend('cpu')
  await expect(useBackend('cuda' as Name)).rejects.toThrow()
  expect(tf.getBackend()).toBe('cpu')
})

it('prints no advert for tfjs-node on cpu', async () => {
  tf.removeBackend('cpu')
  const { MathBackendCPU } = await import('@tensorflow/tfjs-backend-cpu')
  tf.registerBackend('cpu', () => new MathBackendCPU())
  tf.env().set('IS_TEST', false)
  const warn = vi.mocked(console.warn)
  await useBackend('cpu')
  tf.dispose(tf.zeros([1]))
  tf.env().set('IS_TEST', true)
  expect(warn).not.toHaveBeenCalled()
})
