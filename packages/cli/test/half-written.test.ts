import { readdir, readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { contents, temporaryFolder } from './digits.js'
import { run } from './run.js'
import { tinyImages, tinyNetwork } from './tiny.js'

// What an earlier run left counts as done only if it is whole.

const cpu = ['--backend', 'cpu']

let folder: Awaited<ReturnType<typeof temporaryFolder>>
beforeAll(async () => {
  folder = await temporaryFolder('half-')
})
afterAll(() => folder.remove())

it('draws pictures again that are damaged, and no others', async () => {
  const network = await tinyNetwork(folder.at('net.safetensors'))
  const out = folder.at('samples')
  const sample = () => run('sample', '--network', network, ...cpu, '--seeds', '0-4', '--out', out)
  await sample()
  const whole = await contents(out)
  await truncate(join(out, '000001.png'), 40)
  await truncate(join(out, '000002.png'), 0)
  const flipped = await readFile(join(out, '000003.png'))
  flipped[flipped.length - 25]! ^= 1 // within the pixels
  await writeFile(join(out, '000003.png'), flipped)
  expect((await sample()).out).toContain('3 images in')
  expect(await contents(out)).toEqual(whole)
  expect((await sample()).out).toContain('all were there')
})

it('measures a part again that is damaged', async () => {
  const data = await tinyImages(folder.at('data'), ['0.png', '1.png', '2.png'], { channels: 1, side: 28 })
  const out = folder.at('ref.npz')
  const keep = async () => {
    const [name] = await readdir(`${out}.parts`)
    return [join(`${out}.parts`, name!), await readFile(join(`${out}.parts`, name!))] as const
  }
  const flip = (bytes: Buffer) => bytes.map((byte, i) => (i === bytes.length - 5 ? byte ^ 1 : byte))
  // In a run of two shares the parts stay, because the other process may still need them.
  const half = () => run('fid', 'ref', data, '-o', out, '--features', 'digits', ...cpu, '--shard', '0/2')
  await half()
  const reference = await readFile(out).catch(() => undefined)
  const [path, bytes] = await keep()
  for (const damaged of [bytes.subarray(0, bytes.length / 2), Buffer.alloc(0), flip(bytes)]) {
    await writeFile(path, damaged)
    await half()
    expect(await readFile(path)).toEqual(bytes)
    expect(await readFile(out).catch(() => undefined)).toEqual(reference)
  }
})

it('names a damaged part that is merged', async () => {
  const parts = folder.at('ref.npz.parts')
  const [name] = await readdir(parts)
  await truncate(join(parts, name!), 100)
  await expect(run('fid', 'merge', parts, '-o', folder.at('merged.npz'))).rejects.toThrow(
    new RegExp(`must .*got .*${name}`),
  )
})
