import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { readNpz } from '@rectified-flow/checkpoints'
import { writePngGrid } from '@rectified-flow/datasets/node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { temporaryFolder } from './digits.js'
import { run } from './run.js'
import { tinyImages, tinyNetwork } from './tiny.js'

// Every command that reads images for a network takes JPEG and grey, other sizes on request, and labels whichever the data hold.

const cpu = ['--backend', 'cpu']
const NAMES = ['0.png', '1.png', '2.png', '3.png']

let folder: Awaited<ReturnType<typeof temporaryFolder>>
beforeAll(async () => {
  folder = await temporaryFolder('data-')
})
afterAll(() => folder.remove())

async function train(
  name: string,
  settings: object,
  ...more: string[]
): Promise<{ out: string; err: string }> {
  const few = { batch: 2, steps: 1, previewImages: 1 }
  await writeFile(folder.at(`${name}.json`), JSON.stringify({ ...few, ...settings }))
  return run('train', folder.at(`${name}.json`), '--out', folder.at(`${name}-run`), ...cpu, ...more)
}

const kinds: Record<string, { names: string[]; channels?: 1; mixed?: true; side?: number }> = {
  jpeg: { names: ['0.jpg', '1.jpg', '2.jpg', '3.jpg'] },
  grey: { names: NAMES, channels: 1 },
  'grey beside colour': { names: NAMES, mixed: true },
  large: { names: NAMES, side: 13 },
}

describe.each(Object.entries(kinds))('%s images', (kind, { names, mixed, ...options }) => {
  const size = options.side ? ['--resolution', '8'] : []
  let net: string
  let data: string
  beforeAll(async () => {
    net = await tinyNetwork(folder.at(`${kind}.safetensors`), { labelDim: 2 })
    data = await tinyImages(folder.at(kind), names, options)
    if (mixed) await tinyImages(data, ['1.png', '2.png'], { channels: 1 })
  })

  it('are trained on', async () => {
    const { out, err } = await train(kind, { network: { initial: net }, coupling: { data } }, ...size)
    expect(out).toContain('1 steps done')
    expect(err).toContain(
      `warning: the network has 2 classes, but '${data}' has no labels: it trains without any.`,
    )
  })

  it('are inverted, translated and paired', async () => {
    const at = (end: string) => folder.at(`${kind}-${end}`)
    const flow = ['--network', net, ...cpu, '--steps', '1', ...size]
    await run('invert', data, ...flow, '--class', '1', '--out', at('z.npz'))
    expect((await readNpz(await readFile(at('z.npz')))).get('arr_0')?.shape).toEqual([4, 8, 8, 3])
    await run('translate', data, ...flow, '--from', '0', '--to', '1', '--out', at('x.npz'))
    expect((await readNpz(await readFile(at('x.npz')))).get('arr_0')?.shape).toEqual([4, 8, 8, 3])
    const plain = await tinyNetwork(at('plain.safetensors'))
    const pairs = ['pairs', 'invert', data, '--network', plain, ...cpu, '--steps', '1', '--out', at('pairs')]
    expect((await run(...pairs, ...size)).out).toContain('4 pairs made')
  })
})

describe('images of another size', () => {
  let net: string
  let data: string
  beforeAll(async () => {
    net = await tinyNetwork(folder.at('eight.safetensors'))
    data = await tinyImages(folder.at('thirteen'), NAMES, { side: 13 })
  })

  it('are refused by every command, with the option that resizes them', async () => {
    const flow = (out: string) => ['--network', net, ...cpu, '--steps', '1', '--out', folder.at(out)]
    const message = `'${data}' must hold images of 8x8, as the network takes, got 13x13. --resolution 8 crops and resizes them.`
    for (const command of [
      () => train('thirteen', { network: { initial: net }, coupling: { data } }),
      () => run('invert', data, ...flow('thirteen.npz')),
      () => run('pairs', 'invert', data, ...flow('thirteen-pairs')),
    ])
      await expect(command()).rejects.toThrow(message)
    await expect(run('invert', data, ...flow('x.npz'), '--resolution', '9')).rejects.toThrow('got 9x9')
  })

  it('are refused by name if only some of a folder have it', async () => {
    const mixed = await tinyImages(folder.at('mixed'), ['0.png', '1.png'])
    await tinyImages(mixed, ['2.png'], { side: 9 })
    const invert = [
      'invert',
      mixed,
      '--network',
      net,
      ...cpu,
      '--steps',
      '1',
      '--out',
      folder.at('mixed.npz'),
    ]
    await expect(run(...invert)).rejects.toThrow(
      `images must all be 8x8x3 as '0.png', got 9x9x3 in '2.png' of '${mixed}'. Pass --resolution to crop and resize them.`,
    )
    await run(...invert, '--resolution', '8')
  })
})

describe('a network without a size', () => {
  const small = { model_channels: 8, channel_mult: [1], num_blocks: 1 }
  const configOf = async (name: string) =>
    JSON.parse(await readFile(folder.at(`${name}-run/settings.json`), 'utf8')).network.config

  it('has the side and the channels of its images', async () => {
    const data = await tinyImages(folder.at('grey9'), NAMES, { channels: 1, side: 9 })
    const settings = { network: { config: small }, coupling: { data } }
    await train('own', settings)
    expect(await configOf('own')).toEqual({ img_resolution: 9, in_channels: 1, out_channels: 1, ...small })
    await train('asked', settings, '--resolution', '6')
    expect(await configOf('asked')).toMatchObject({ img_resolution: 6, in_channels: 1 })
    const colour = { network: { config: { ...small, in_channels: 3 } }, coupling: { data } }
    await train('colour', colour)
    expect(await configOf('colour')).toMatchObject({ img_resolution: 9, in_channels: 3, out_channels: 3 })
    const wrong = { network: { config: { ...small, img_resolution: 8 } }, coupling: { data } }
    await expect(train('wrong', wrong)).rejects.toThrow(
      'must hold images of 8x8, as the network takes, got 9x9',
    )
  })

  it('has those of its pairs', async () => {
    const net = await tinyNetwork(folder.at('of-pairs.safetensors'))
    const pairs = folder.at('eight-pairs')
    await run('pairs', '--network', net, ...cpu, '--steps', '2', '--count', '4', '--out', pairs)
    await train('paired', { network: { config: small }, coupling: { pairs } })
    expect(await configOf('paired')).toMatchObject({ img_resolution: 8, in_channels: 3 })
    const both = { network: { config: small }, coupling: { pairs, resolution: 8 } }
    await expect(train('both', both)).rejects.toThrow('coupling must have resolution only with data')
  })

  it('is refused for images that are no squares', async () => {
    const data = folder.at('wide')
    await mkdir(data)
    for (const name of NAMES)
      await writePngGrid(`${data}/${name}`, { data: new Float32Array(6 * 9 * 3), shape: [1, 6, 9, 3] })
    await expect(train('wide', { network: { config: small }, coupling: { data } })).rejects.toThrow(
      `'${data}' must hold square images, got 6x9. --resolution 6 crops and resizes them.`,
    )
  })
})

describe('labels', () => {
  let net: string
  beforeAll(async () => {
    net = await tinyNetwork(folder.at('four.safetensors'), { labelDim: 4 })
  })
  const classes = (name: string, count: number) =>
    tinyImages(
      folder.at(name),
      Array.from({ length: count }, (_, i) => `class${i}/0.png`),
    )

  it('may lack the highest classes of the network', async () => {
    const data = await classes('three', 3)
    const flow = ['--network', net, ...cpu, '--steps', '1']
    const { out, err } = await train('three', { network: { initial: net }, coupling: { data } })
    expect(out).toContain('1 steps done')
    expect(err).not.toContain('warning')
    await run('invert', data, ...flow, '--out', folder.at('three.npz'))
    await run('translate', data, ...flow, '--to', '3', '--out', folder.at('moved.npz'))
    const pairs = folder.at('three-pairs')
    expect((await run('pairs', 'invert', data, ...flow, '--out', pairs)).out).toContain('3 pairs made')
    const five = await tinyNetwork(folder.at('five.safetensors'), { labelDim: 5 })
    const onPairs = await train('on-pairs', { network: { initial: five }, coupling: { pairs } })
    expect(onPairs.out).toContain('1 steps done')
    const without = await tinyNetwork(folder.at('none.safetensors'))
    const unlabelled = await train('without', { network: { initial: without }, coupling: { pairs } })
    expect(unlabelled.out).toContain('1 steps done')
  })

  it('must be less than the number of classes of the network', async () => {
    const data = await classes('six', 6)
    const got = (label: number) =>
      `'${data}': labels must be in 0..3, because the network has 4 classes, got ${label}`
    await expect(train('six', { network: { initial: net }, coupling: { data } })).rejects.toThrow(got(5))
    const flow = ['--network', net, ...cpu, '--steps', '1']
    const invert = ['invert', data, ...flow, '--out', folder.at('six.npz')]
    await expect(run(...invert)).rejects.toThrow(got(5))
    await expect(run(...invert, '--images', '3-4')).rejects.toThrow(`${got(4)} at image 4.`)
    await run(...invert, '--images', '0-3')
    await run(...invert, '--class', '1')
    const pairs = (from: string, to: string) => run('pairs', 'invert', from, ...flow, '--out', folder.at(to))
    await expect(pairs(data, 'six-pairs')).rejects.toThrow(got(5))
    await pairs(await classes('four', 4), 'four-pairs')
    const two = await tinyNetwork(folder.at('two.safetensors'), { labelDim: 2 })
    const onPairs = { network: { initial: two }, coupling: { pairs: folder.at('four-pairs') } }
    await expect(train('two', onPairs)).rejects.toThrow(
      `coupling.pairs must have at most 2 classes, as the network has, got 4 in '${folder.at('four-pairs')}'.`,
    )
  })

  it('must be given where neither the data nor an option has them', async () => {
    const data = await tinyImages(folder.at('plain'), NAMES)
    const flow = ['--network', net, ...cpu, '--out', folder.at('none.npz')]
    const none = (option: string) => `${option} must be in 0..3, because '${data}' has no labels, got none.`
    await expect(run('invert', data, ...flow)).rejects.toThrow(none('--class'))
    await expect(run('translate', data, ...flow, '--to', '1')).rejects.toThrow(none('--from'))
    await expect(run('invert', data, ...flow, '--class', '4')).rejects.toThrow(
      '--class must be in 0..3, got 4.',
    )
    await expect(run('translate', data, ...flow, '--to', '4')).rejects.toThrow('--to must be in 0..3, got 4.')
    await expect(run('pairs', 'invert', data, ...flow)).rejects.toThrow(
      `'${data}' must have labels, because the network has 4 classes, got none.`,
    )
  })
})

it('refuses what does not fit the network before work begins, and names it', async () => {
  const net = await tinyNetwork(folder.at('grey.safetensors'), { channels: 1 })
  const data = await tinyImages(folder.at('colour'), NAMES)
  const invert = ['invert', data, '--network', net, ...cpu, '--out', folder.at('grey.npz')]
  await expect(run(...invert)).rejects.toThrow(`'${data}' must have 1 channels, as the network has, got 3.`)
  const colour = await tinyNetwork(folder.at('colour.safetensors'))
  const flow = ['--network', colour, ...cpu, '--images', '2-9', '--out', folder.at('few.npz')]
  const absent = `--images must be in 0..3, the images of '${data}', got 4.`
  await expect(run('invert', data, ...flow)).rejects.toThrow(absent)
  await expect(run('translate', data, ...flow, '--to', '0')).rejects.toThrow('--to must be absent')
})

describe('fid', () => {
  const digits = ['--features', 'digits', ...cpu]
  const ref = (data: string, ...more: string[]) =>
    run('fid', 'ref', data, '-o', folder.at('ref.npz'), ...more)

  it('names its own option where it refuses a JPEG', async () => {
    const data = await tinyImages(folder.at('jpegs'), ['0.jpg', '1.jpg'], { side: 32 })
    const cifar = ['--features', 'cifar', ...cpu]
    await expect(ref(data, ...cifar)).rejects.toThrow(/must not be JPEG.*Pass --allow-jpeg for/)
    expect((await ref(data, ...cifar, '--allow-jpeg')).out).toContain('statistics of 2 images')
  })

  it('crops and resizes on request', async () => {
    const data = await tinyImages(folder.at('sizes'), ['0.png', '1.png'], { channels: 1, side: 30 })
    await expect(ref(data, ...digits)).rejects.toThrow(
      `'${data}' must hold images of 28x28, as the network takes, got 30x30. --resolution 28 crops and resizes them.`,
    )
    expect((await ref(data, ...digits, '--resolution', '28')).out).toContain('statistics of 2 images')
  })

  it('takes grey as colour', async () => {
    const data = await tinyImages(folder.at('greys'), ['0.png', '1.png'], { side: 32 })
    await tinyImages(data, ['2.png'], { channels: 1, side: 32 })
    expect((await ref(data, '--features', 'cifar', ...cpu)).out).toContain('statistics of 3 images')
  })
})
