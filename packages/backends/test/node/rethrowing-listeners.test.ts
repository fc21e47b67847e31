import { useBackend } from '@rectified-flow/backends'
import { expect, it } from 'vitest'

it("leaves no listener of tfjs's wasm module, and those of the program", async () => {
  const mine = (error: unknown) => {
    throw error
  }
  process.on('uncaughtException', mine)
  const listeners = () => [process.listeners('uncaughtException'), process.listeners('unhandledRejection')]
  const before = listeners()
  await useBackend('wasm')
  expect(listeners()).toEqual(before)
  process.off('uncaughtException', mine)
})
