import { readFile, writeFile } from 'node:fs/promises'
import { readSafetensors, writeSafetensors } from '@rectified-flow/checkpoints'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { temporaryFolder } from './digits.js'
import { run } from './run.js'
import { tinyImages, tinyNetwork } from './tiny.js'

// Weights whose names begin with something: every command that opens a network takes `--prefix`, as `convert` does.

const cpu = ['--backend', 'cpu']

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let wrapped: string
let data: string
beforeAll(async () => {
  folder = await temporaryFolder('prefix-')
  wrapped = folder.at('wrapped.safetensors')
  const { tensors, metadata } = readSafetensors(
    await readFile(await tinyNetwork(folder.at('plain.safetensors'))),
  )
  const names = [...tensors].map(([name, tensor]) => [`average.of.${name}`, tensor] as const)
  await writeFile(wrapped, writeSafetensors(new Map(names), metadata))
  data = await tinyImages(folder.at('data'), ['0.png', '1.png'])
})
afterAll(() => folder.remove())

it('is taken by every command that opens a network', async () => {
  const net = ['--network', wrapped, '--prefix', 'average.of.', ...cpu, '--steps', '1']
  const plain = ['--network', folder.at('plain.safetensors'), ...cpu, '--steps', '1']
  await run('sample', ...net, '--seeds', '1', '--out', folder.at('a.npz'))
  await run('sample', ...plain, '--seeds', '1', '--out', folder.at('b.npz'))
  expect(await readFile(folder.at('a.npz'))).toEqual(await readFile(folder.at('b.npz')))
  await run('invert', data, ...net, '--out', folder.at('z.npz'))
  await run('pairs', ...net, '--count', '2', '--out', folder.at('pairs'))
  await run('pairs', 'invert', data, ...net, '--out', folder.at('inverted'))
  await run('convert', wrapped, folder.at('c.safetensors'), '--prefix', 'average.of.')
  const { tensors } = readSafetensors(await readFile(folder.at('c.safetensors')))
  expect([...tensors.keys()].some(name => name.startsWith('average'))).toBe(false)
  const network = { initial: wrapped, prefix: 'average.of.' }
  const settings = { network, coupling: { data }, batch: 2, steps: 1, previewImages: 1 }
  await writeFile(folder.at('train.json'), JSON.stringify(settings))
  const trained = await run('train', folder.at('train.json'), '--out', folder.at('run'), ...cpu)
  expect(trained.out).toContain('1 steps done')
})

it('is named with the file where no name begins with it, in a short message', async () => {
  const net = ['--network', wrapped, '--prefix', 'ema.', ...cpu]
  const error = await run('sample', ...net, '--out', folder.at('x.npz')).catch(cause => cause as Error)
  expect((error as Error).message).toMatch(/must match the network, got .* missing/)
  expect((error as Error).message).toContain(`--network '${wrapped}'`)
})
