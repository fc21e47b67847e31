import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readNpz } from '@rectified-flow/checkpoints'
import { createRng, indexedNormal, oneHot, signedToBytes } from '@rectified-flow/core'
import { loadFlow } from '@rectified-flow/flow/node'
import { sample } from '@rectified-flow/reflow'
import { guided, loadUNet, saveUNet, type UNetConfig } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { run } from './run.js'
import { tinyImages, tinyNetwork } from './tiny.js'

let folder: string
let network: string
let guide: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guidance-'))
  network = await shaken('network', { labelDim: 2, labelDropout: 0.1 })
  guide = await shaken('guide', { labelDim: 2, modelChannels: 16 })
})
afterAll(() => rm(folder, { recursive: true }))

/** A network of 8x8 images whose labels matter: fresh ones have last weights near 0. */
async function shaken(name: string, config: Partial<UNetConfig>): Promise<string> {
  const path = await tinyNetwork(join(folder, `${name}.safetensors`), config)
  const net = loadUNet(await readFile(path))
  for (const [key, weight] of net.weights)
    tf.tidy(() => weight.assign(tf.add(weight, tf.mul(createRng(1).fork(key).normal(weight.shape), 0.3))))
  await writeFile(path, await saveUNet(net))
  net.dispose()
  return path
}

const draw = (out: string, ...more: string[]) =>
  run('sample', '--network', network, '--backend', 'cpu', '--steps', '3', '--seeds', '0-1', '--class', '1', '--out', out, ...more) // biome-ignore format: one line

const drawn = async (...more: string[]) => {
  const out = join(folder, 'drawn.npz')
  const { out: text, err } = await draw(out, ...more)
  return { text, err, images: (await readNpz(await readFile(out))).get('arr_0')!.data as Uint8Array }
}

/** The images of seeds 0 and 1, drawn with the library. */
async function expected(by: 'itself' | 'guide', options: Parameters<typeof guided>[2]) {
  const [flow, other] = [await loadFlow(network), await loadFlow(guide)]
  const classLabels = oneHot([1, 1], 2)
  const field = by === 'itself' ? flow.velocity() : other.velocity({ classLabels })
  const z = indexedNormal(createRng(0), [0, 1], [8, 8, 3])
  const { x } = sample(guided(flow.velocity({ classLabels }), field, options), z, { steps: 3 })
  return signedToBytes((await x.data()) as Float32Array)
}

it('sample goes away from the network without labels, or from a guide', async () => {
  const plain = await drawn()
  const free = await drawn('--guidance', '3', '--guidance-interval', '0.2,0.9')
  expect(free.images).toEqual(await expected('itself', { scale: 3, interval: [0.2, 0.9] }))
  expect(free.images).not.toEqual(plain.images)
  expect(free.text).toContain('2 images in')
  expect(free.text).toContain(', 6 network calls each')
  const auto = await drawn('--guidance', '2', '--guide', guide, '--guidance-rescale', '0.7')
  expect(auto.images).toEqual(await expected('guide', { scale: 2, rescale: 0.7 }))
  expect((await drawn('--guidance', '1')).images).toEqual(plain.images)
})

it("EDM's sampler is guided too", async () => {
  const [plain, one, two] = [await drawn('--edm'), await drawn('--edm', '--guidance', '1'), await drawn('--edm', '--guidance', '2')] // biome-ignore format: one line
  const gap = (a: Uint8Array) => Math.max(...a.map((value, i) => Math.abs(value - plain.images[i]!)))
  expect(gap(one.images)).toBeLessThanOrEqual(1) // the denoiser is made from the velocity, and rounds elsewhere
  expect(gap(two.images)).toBeGreaterThan(1)
})

it('a folder knows its guidance, and so does a store of pairs', async () => {
  const out = join(folder, 'folder')
  await draw(out, '--guidance', '2')
  await expect(draw(out, '--guidance', '3')).rejects.toThrow(
    `guidance must be 2, as of the pictures in '${out}', got 3.`,
  )
  await expect(draw(out)).rejects.toThrow('guidance must be 2, as of the pictures')
  const store = join(folder, 'pairs')
  const pairs = (...more: string[]) =>
    run(
      'pairs',
      '--network',
      network,
      '--backend',
      'cpu',
      '--count',
      '2',
      '--steps',
      '2',
      '--out',
      store,
      ...more,
    )
  await pairs('--guidance', '2', '--guide', guide)
  const { origin } = JSON.parse(await readFile(join(store, 'pairs.json'), 'utf8'))
  expect(origin).toMatchObject({ guidance: 2, guide: expect.stringMatching(/^[0-9a-f]{16}$/) })
  await expect(pairs('--guidance', '2')).rejects.toThrow(/origin/)
})

it('translate draws with guidance', async () => {
  const data = await tinyImages(join(folder, 'data'), ['a/0.png', 'b/1.png'])
  const translate = async (...more: string[]) => {
    const out = join(folder, 'translated.npz')
    await run('translate', data, '--network', network, '--backend', 'cpu', '--to', '1', '--out', out, ...more)
    return (await readNpz(await readFile(out))).get('arr_0')!.data
  }
  const plain = await translate()
  expect(await translate('--guidance', '1')).toEqual(plain)
  expect(await translate('--guidance', '4')).not.toEqual(plain)
})

it('sample overshoots, with the same noise for a seed in any batch', async () => {
  const plain = await drawn()
  const over = await drawn('--overshoot', '1')
  expect(over.images).not.toEqual(plain.images)
  expect((await drawn('--overshoot', '1', '--batch', '1')).images).toEqual(over.images)
  expect((await drawn('--overshoot', '0')).images).toEqual(plain.images)
  await expect(drawn('--overshoot', '1', '--edm')).rejects.toThrow(
    /--overshoot <amount>' cannot be used with.*--edm/,
  )
})

it('train drops labels, from a file of a network that had all of them', async () => {
  const data = await tinyImages(join(folder, 'classes'), ['a/0.png', 'b/1.png'])
  const config = join(folder, 'train.json')
  const initial = await tinyNetwork(join(folder, 'initial.safetensors'), { labelDim: 2 })
  const small = { recipe: 'B', steps: 2, batch: 2, warmup: 0, emaDecay: 0, previewImages: 1 }
  const trained = async (labelDropout: number) => {
    const settings = { network: { initial, labelDropout }, coupling: { data }, ...small }
    await writeFile(config, JSON.stringify(settings))
    const out = join(folder, `run-${labelDropout}`)
    await run('train', config, '--out', out, '--backend', 'cpu')
    const net = loadUNet(await readFile(join(out, 'network.safetensors')))
    expect(net.config.labelDropout).toBe(labelDropout)
    const before = loadUNet(await readFile(initial))
    // A dropped label gives the weights of the labels no gradient.
    const [a, b] = [net, before].map(({ weights }) => weights.get('map_label.weight')!.dataSync())
    return a!.some((value, i) => value !== b![i])
  }
  expect([await trained(0), await trained(1)]).toEqual([true, false])
})

it('says what is wrong', async () => {
  await expect(drawn('--guide', guide)).rejects.toThrow('--guidance must be given with --guide, got none.')
  await expect(drawn('--guidance', 'many')).rejects.toThrow("must be a number in [-1000, 1000], got 'many'.")
  await expect(drawn('--guidance', '2', '--guidance-interval', '0.8,0.2')).rejects.toThrow(
    "must be two times in [0, 1], such as 0.2,0.8, got '0.8,0.2'.",
  )
  const grey = await tinyNetwork(join(folder, 'grey.safetensors'), { channels: 1 })
  await expect(drawn('--guidance', '2', '--guide', grey)).rejects.toThrow(
    '--guide must draw images [8,8,3], as the network does, got [8,8,1].',
  )
  const three = await tinyNetwork(join(folder, 'three.safetensors'), { labelDim: 3 })
  await expect(drawn('--guidance', '2', '--guide', three)).rejects.toThrow(
    '--guide must have 2 classes or none, as the network, got 3.',
  )
  const without = await tinyNetwork(join(folder, 'without.safetensors'))
  const sampled = run(
    'sample',
    '--network',
    without,
    '--backend',
    'cpu',
    '--guidance',
    '2',
    '--out',
    join(folder, 'no.png'),
  )
  await expect(sampled).rejects.toThrow(
    '--guide must be given, because this network has no classes, got none.',
  )
  const { err } = await run('sample', '--network', guide, '--backend', 'cpu', '--seeds', '0', '--guidance', '2', '--out', join(folder, 'warned.png')) // biome-ignore format: one line
  expect(err).toContain('the network was trained with a label for every image')
})
