import { execFileSync } from 'node:child_process'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { writeNpz } from '@rectified-flow/checkpoints'
import { afterAll, beforeAll, expect } from 'vitest'
import { temporaryFolder } from './digits.js'
import { run } from './run.js'
import { tinyImages, tinyNetwork } from './tiny.js'

const RAW =
  /(Syntax|Type|Reference)Error|E[A-Z]{4,}: |Invalid (array|typed|string) |Cannot read|is not (a function|iterable)|Maximum call stack|\[object|Offset is outside/

export const cpu = ['--backend', 'cpu']
export const digits = ['--features', 'digits', ...cpu]

/** The inputs of the test file that imports this. */
export let inputs: Awaited<ReturnType<typeof makeInputs>>
beforeAll(async () => {
  inputs = await makeInputs()
}, 60_000)
afterAll(() => inputs.remove())

export const out = (name: string) => inputs.at(`out/${name}`)
export const flow = (network = inputs.network) => ['--network', network, ...cpu, '--steps', '1']

/** Run a command that must fail, and check the form of its error. */
export async function failure(args: readonly string[], names: readonly string[]): Promise<string> {
  const error: unknown = await run(...args).then(
    ({ out }) => new Error(`it did not fail, and said: ${out}`),
    cause => cause,
  )
  const { message } = error as Error
  expect(message).not.toMatch(RAW)
  expect(message).not.toContain('it did not fail')
  expect(message.length).toBeLessThan(1000)
  for (const line of message.trimEnd().split('\n'))
    expect(line).toMatch(/ must | and \d+ more\.$|Allowed choices|required option/)
  expect(
    names.some(name => message.includes(name)),
    `${message}\nmust name one of ${names.join(', ')}`,
  ).toBe(true)
  return message
}

/** Good inputs of every kind, and beside them bad ones: the names in `BAD`. */
async function makeInputs() {
  const folder = await temporaryFolder('errors-')
  const { at } = folder
  const network = await tinyNetwork(at('network.safetensors'), { labelDim: 2 })
  const images = await tinyImages(at('images'), ['a/0.png', 'b/1.png'])
  const pictures = await tinyImages(at('digits'), ['0.png', '1.png'], { channels: 1, side: 28 })
  const noise = at('noise.npz')
  const data = new Float32Array(192)
  await writeFile(noise, await writeNpz({ arr_0: { dtype: 'F32', shape: [1, 8, 8, 3], data } }))
  const store = at('store')
  await run('pairs', ...flow(network), '--count', '2', '--out', store)
  const ref = at('ref.npz')
  await run('fid', 'ref', pictures, '-o', ref, ...digits)
  await run('fid', 'ref', pictures, '-o', at('part.npz'), ...digits, '--shard', '0/2')
  const json = at('net.json')
  const size = { img_resolution: 8, in_channels: 3, out_channels: 3, label_dim: 2 }
  await writeFile(json, JSON.stringify({ ...size, model_channels: 8, channel_mult: [1], num_blocks: 1 }))
  const config = at('train.json')
  const settings = { network: { initial: network }, coupling: { data: images } }
  await writeFile(config, JSON.stringify({ ...settings, batch: 2, steps: 1, previewImages: 1 }))

  await mkdir(at('empty-folder'))
  await writeFile(at('empty'), '')
  await writeFile(at('text'), 'once upon a time there was a file of text\n'.repeat(9))
  await writeFile(at('list.json'), '[1, 2]')
  await symlink(at('nowhere'), at('dangling'))
  execFileSync('mkfifo', [at('pipe')])
  return {
    ...folder,
    network,
    images,
    digits: pictures,
    noise,
    store,
    ref,
    json,
    config,
    parts: at('part.npz.parts'),
  }
}

const nowhere = ['missing', 'dangling', 'empty-folder', 'text/under', 'empty', 'text']

/** Names of bad inputs and outputs. */
export const BAD = {
  file: [...nowhere, 'list.json', 'pipe', '/dev/zero'],
  folder: nowhere,
  images: [...nowhere, 'pipe', 'network.safetensors'],
  'out file': ['', 'empty-folder', 'text/under', 'text/deep/under', 'pipe', '/dev/null', '/proc/nowhere/a/b'],
  'out folder': [
    '',
    'text',
    'text/under',
    'dangling',
    'dangling/under',
    'pipe',
    '/dev/null',
    '/proc/nowhere',
  ],
}

/** A file of the right format that ends in its middle. */
export async function half(path: string): Promise<string> {
  const cut = join(dirname(path), `half-${basename(path)}`)
  const bytes = await readFile(path)
  await writeFile(cut, bytes.subarray(0, bytes.length / 2))
  return cut
}
