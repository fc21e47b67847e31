import { BACKENDS, type BackendName, probeBackends, useBackend } from '@rectified-flow/backends'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, expect, it, vi } from 'vitest'
import * as browser from '../src/index.js'
import * as node from '../src/node/index.js'

const useBrowserBackend = browser.useBackend

afterAll(() => useBackend((process.env.BACKEND ?? 'cpu') as BackendName))

it('exports the same names in browsers and in Node', () => {
  expect(Object.keys(node).sort()).toEqual(Object.keys(browser).sort())
  expect(node.useBackend).not.toBe(browser.useBackend)
})

it.each([
  ['cpu', useBackend],
  ['wasm', useBackend],
  ['cpu', useBrowserBackend],
  ['wasm', useBrowserBackend],
] as const)('activates %s by name and computes a gradient there', async (name, use) => {
  const threads = use === useBackend && name === 'wasm'
  const device = threads && { device: expect.stringMatching(/^\d+ threads?$/) }
  const compiles = name === 'wasm' ? 'commands' : null
  expect(await use(name)).toEqual({ name, ...device, compiles, skipped: [] })
  expect(tf.getBackend()).toBe(name)
  const gradient = tf.tidy(() => tf.grad(x => tf.sum(tf.square(x)))(tf.tensor1d([1, -2, 3])))
  expect([...(await gradient.data())]).toEqual([2, -4, 6])
  gradient.dispose()
})

it('takes the first backend that works, and says why it skipped the others', async () => {
  const { name, skipped } = await useBackend()
  const order = ['node-gpu', 'webgpu', 'node', 'wasm', 'cpu']
  expect([...skipped.map(one => one.name), name]).toEqual(order.slice(0, order.indexOf(name) + 1))
  for (const { reason } of skipped) expect(reason).toMatch(/\S/)
})

it('names the possible backends, and those that need Node', async () => {
  const message = `backends.useBackend: name must be one of ${BACKENDS.join(', ')}, got 'cuda'.`
  for (const use of [useBackend, useBrowserBackend])
    await expect(use('cuda' as BackendName)).rejects.toThrow(new RangeError(message))
  await expect(useBrowserBackend('node')).rejects.toThrow(
    new Error("backends.useBackend: node can't be used here: it needs Node."),
  )
  await expect(useBrowserBackend('wasm', { threads: 2 })).rejects.toThrow(
    new Error(
      "backends.useBackend: wasm can't be used here: more than 1 thread needs a binary of sharedBinary, in a worker of an isolated page.",
    ),
  )
})

it('probes every backend, and leaves the active one active', async () => {
  await useBackend('cpu')
  const probes = await probeBackends()
  expect(probes.map(({ name }) => name)).toEqual(BACKENDS)
  for (const probe of probes) if (!probe.works) expect(probe.reason).toMatch(/\S/)
  expect(probes.find(({ name }) => name === 'cpu')).toEqual({ name: 'cpu', works: true, compiles: null })
  expect(tf.getBackend()).toBe('cpu')
})

it('keeps the active backend when another is refused', async () => {
  await useBackend('cpu')
  await expect(useBackend('cuda' as BackendName)).rejects.toThrow()
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
