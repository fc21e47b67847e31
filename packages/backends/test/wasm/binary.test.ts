import { createHash } from 'node:crypto'
import { useBackend } from '@rectified-flow/backends'
import { afterAll, expect, it } from 'vitest'
import { loadBinary } from '../../src/wasm/binary.js'
import * as relaxed from '../../src/wasm/relaxed-simd.generated.js'
import * as plain from '../../src/wasm/simd.generated.js'

afterAll(() => useBackend((process.env.BACKEND ?? 'cpu') as 'cpu'))

const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

it('is the one with fused multiply-add, unless PLAIN_SIMD takes it away', async () => {
  await useBackend('wasm')
  const { binaryBase64 } = process.env.PLAIN_SIMD ? plain : relaxed
  expect(hash(await loadBinary())).toBe(hash(Buffer.from(binaryBase64, 'base64')))
})
