import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import {
  type HostTensor,
  readCheckpoint,
  readNpy,
  writeNpy,
  writeSafetensors,
} from '@rectified-flow/checkpoints'
import { createRng, type Rng } from '@rectified-flow/core'
import { expect, it } from 'vitest'

const golden = (name: string) =>
  new Uint8Array(readFileSync(fileURLToPath(new URL(`golden/${name}`, import.meta.url))))

const weight: HostTensor = { dtype: 'F32', shape: [2, 3], data: Float32Array.of(0, 1, 2, 3, 4, 5) }
const files: [string, Uint8Array][] = [
  [
    'safetensors',
    writeSafetensors({ weight, bias: { dtype: 'I64', shape: [1], data: BigInt64Array.of(3n) } }, { a: 'b' }),
  ],
  ['npy', writeNpy(weight)],
  ['npz', golden('versions.npz')],
  ['deflated npz', golden('rows.npz')],
  ['zip pth', golden('v3.pth')],
  ['legacy pth', golden('legacy.pth')],
  ['edm pkl', golden('edm.pkl')],
]

/** Flips bits, cuts the end, copies pieces elsewhere, and fills fields of 1 to 8 bytes with 255. */
function mutate(file: Uint8Array, rng: Rng): Uint8Array {
  const draw = (below: number) => rng.integers(1, Math.max(1, below))[0]!
  let bytes = file.slice()
  for (let left = 1 + draw(3); left > 0; left--) {
    const at = draw(bytes.length)
    const kind = draw(8)
    if (kind < 4) bytes[at]! ^= 1 << draw(8)
    else if (kind === 4) bytes = bytes.slice(0, at)
    else if (kind === 5) {
      const from = draw(bytes.length)
      const piece = bytes.subarray(from, from + draw(64))
      bytes = Uint8Array.of(
        ...bytes.subarray(0, at),
        ...piece,
        ...bytes.subarray(at + draw(2) * piece.length),
      )
    } else if (kind === 6) bytes.fill(255, at, at + 2 ** draw(4))
    else bytes[at] = draw(256)
  }
  return bytes
}

it.each(files)('reads 1,000 mutations of a file or says what is wrong: %s', async (kind, file) => {
  const rng = createRng(7).fork(kind)
  let read = 0
  for (let i = 0; i < 1000; i++) {
    const bytes = mutate(file, rng.fork(i))
    try {
      const tensors = kind === 'npy' ? [readNpy(bytes)] : (await readCheckpoint(bytes)).tensors.values()
      for (const { shape, data } of tensors) expect(data.length).toBe(shape.reduce((a, b) => a * b, 1))
      read++
    } catch (error) {
      expect(error, `mutation ${i}`).toBeInstanceOf(RangeError)
      expect((error as Error).message, `mutation ${i}`).toMatch(/^checkpoints\.\w+: .*, got .*\.$/s)
    }
  }
  // Mutations of the numbers themselves can go unnoticed; others must be refused.
  expect(read).toBeLessThan(1000)
})
