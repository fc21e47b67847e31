import * as tf from '@tensorflow/tfjs-core'
import { afterEach, beforeAll, beforeEach, expect, vi } from 'vitest'

// Every test file runs on the backend named by BACKEND (cpu unless told), with core's gradients and kernels.
beforeAll(async () => {
  const { useBackend } = await import('@rectified-flow/core/node')
  await useBackend((process.env.BACKEND ?? 'cpu') as 'cpu')
  // On tfjs-node what comes twice is a graph at once, so that every test may meet one.
  const { deferredOf } = await import('../packages/core/src/tensorflow/graph/deferred.js')
  const deferred = deferredOf(tf.backend() as unknown as Parameters<typeof deferredOf>[0])
  if (deferred) deferred.graphs.patience = 0
  tf.env().set('IS_TEST', true)
})

// Console output fails the test that made it.
const consoles = ['log', 'warn', 'error', 'info', 'debug'] as const
beforeEach(() => {
  for (const method of consoles) vi.spyOn(console, method)
})
afterEach(() => {
  for (const method of consoles) {
    const spy = vi.mocked(console[method])
    const calls = spy.mock.calls.map(call => call.join(' '))
    spy.mockRestore()
    expect(calls, `console.${method}`).toEqual([])
  }
})
