import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { readPth, readSafetensors } from '@rectified-flow/checkpoints'
import { expect, it } from 'vitest'

const golden = process.env.GOLDEN_DIR ?? fileURLToPath(new URL('../../../test/golden', import.meta.url))

it.each(['song-ncsnpp.pth', 'song-ncsnpp-legacy.pth'])(
  '%s has the numbers of the safetensors file',
  async file => {
    const tensors = await readPth(readFileSync(`${golden}/unet/${file}`), { prefix: 'model' })
    const reference = readSafetensors(readFileSync(`${golden}/unet/song-ncsnpp.safetensors`)).tensors
    const parameters = [...reference].filter(([name]) => name.startsWith('param/'))
    expect(parameters.length).toBeGreaterThan(0)
    expect(tensors.size).toBe(parameters.length)
    for (const [name, { dtype, shape, data }] of parameters) {
      const found = tensors.get(name.slice('param/'.length))!
      expect([found.dtype, found.shape], name).toEqual([dtype, shape])
      expect(Buffer.compare(Buffer.from(found.data.buffer), Buffer.from(data.buffer)), name).toBe(0)
    }
  },
)
