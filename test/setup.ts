import * as tf from '@tensorflow/tfjs-core'
import { afterEach, beforeAll, beforeEach, expect, vi } from 'vitest'
import { useNodeGpu } from './use-node-gpu.js'

// Every test file runs on the backend that BACKEND names (by default cpu), with our gradients and kernels.
beforeAll(async () => {
  const { useBackend } = await import('@rectified-flow/backends')
  if (process.env.PLAIN_SIMD) {
    // As in an engine without relaxed SIMD.
    const { RELAXED_SIMD } = await import('../packages/backends/src/wasm/binary.js')
    const { validate } = WebAssembly
    WebAssembly.validate = bytes => bytes !== RELAXED_SIMD && validate(bytes)
  }
  const backend = process.env.BACKEND ?? 'cpu'
  if (backend === 'node-gpu') await useNodeGpu()
  else await useBackend(backend as 'cpu')
  // Compile a function as soon as two runs agree, so that tests also run compiled graphs.
  const { patience } = await import('../packages/backends/src/tensorflow/graph/graph-runs.js')
  patience.msPerCall = 0
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
