import { existsSync } from 'node:fs'
import { readdir, writeFile } from 'node:fs/promises'
import { NumericError } from '@rectified-flow/core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { temporaryFolder } from './digits.js'
import { run } from './run.js'
import { tinyImages, tinyNetwork } from './tiny.js'

// A network that gives NaN: no command writes a file of its images, in any form.

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let network: string[]
let data: string
beforeAll(async () => {
  folder = await temporaryFolder('finite-')
  network = ['--network', await tinyNetwork(folder.at('nan.safetensors'), { nan: true, labelDim: 2 })]
  network.push('--backend', 'cpu', '--steps', '1')
  data = await tinyImages(folder.at('data'), ['a/0.png', 'b/1.png'])
})
afterAll(() => folder.remove())

const writers: [string, (out: string) => string[]][] = [
  ...['x.png', 'x.npz', 'x'].flatMap((name): (typeof writers)[number][] => [
    [`sample ${name}`, out => ['sample', '--seeds', '5-6', '--out', `${out}/${name}`]],
    [`translate ${name}`, out => ['translate', data, '--to', '1', '--out', `${out}/${name}`]],
  ]),
  ['invert', out => ['invert', data, '--out', `${out}/x.npz`]],
  ['pairs', out => ['pairs', '--count', '2', '--out', `${out}/x`]],
  ['pairs of half precision', out => ['pairs', '--count', '2', '--images', 'float16', '--out', `${out}/x`]],
  ['pairs invert', out => ['pairs', 'invert', data, '--out', `${out}/x`]],
]

it.each(writers)('%s', async (name, args) => {
  const out = folder.at(name.replaceAll(' ', '-'))
  const error: unknown = await run(...args(out), ...network).catch(cause => cause)
  expect(error).toBeInstanceOf(NumericError)
  expect(error).toMatchObject({
    code: 'non-finite',
    message: expect.stringMatching(/must be finite, got .*NaN/),
  })
  const left = await readdir(out, { recursive: true }).catch(() => [])
  expect(left.filter(file => /\.(png|npz|safetensors)$/.test(file))).toEqual([])
})

it('names the image', async () => {
  await expect(run('sample', '--seeds', '5', ...network, '--out', folder.at('y.png'))).rejects.toThrow(
    'cli.imageOutput: image 5 must be finite, got NaN at index 0.',
  )
})

it('is said of a preview too', async () => {
  const settings = { network: { initial: network[1] }, coupling: { data }, batch: 2, steps: 1 }
  await writeFile(folder.at('nan.json'), JSON.stringify(settings))
  const train = run('train', folder.at('nan.json'), '--out', folder.at('run'), '--backend', 'cpu')
  await expect(train).rejects.toThrow(/must be finite, got .*NaN/)
  expect(existsSync(folder.at('run/previews'))).toBe(false)
})
