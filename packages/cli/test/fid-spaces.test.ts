import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { type HostTensor, writeNpz, writeSafetensors } from '@rectified-flow/checkpoints'
import { createRng } from '@rectified-flow/core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { temporaryFolder } from './digits.js'
import { run } from './run.js'

const shapes: Record<string, Record<string, number[]>> = JSON.parse(
  await readFile(new URL('../../../test/golden/vit/shapes.json', import.meta.url), 'utf8'),
)

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let spaces: string[]
beforeAll(async () => {
  folder = await temporaryFolder('fid-spaces-')
  // DINOv2 of the published size, with gains of 1 and weights that repeat every 4,099 numbers.
  const numbers = createRng(4).uniforms(4099)
  const weights = new Map<string, HostTensor>()
  for (const [name, shape] of Object.entries(shapes['dinov2-small']!)) {
    const inputs = shape.slice(1).reduce((a, b) => a * b, 1)
    const data = new Float32Array(shape[0]! * inputs)
    const gain = shape.length === 1 && !name.endsWith('bias') ? 1 : 0
    for (let i = 0; i < data.length; i++) data[i] = gain + (2 * numbers[i % 4099]! - 1) / Math.sqrt(inputs)
    weights.set(name, { dtype: 'F32', shape, data })
  }
  await writeFile(folder.at('dinov2.safetensors'), writeSafetensors(weights))
  for (const [seed, name] of ['real', 'other', 'made'].entries()) {
    const range = name === 'made' ? 180 : 255
    const data = Uint8Array.from(createRng(seed).uniforms(2 * 784), value => value * range)
    await writeFile(
      folder.at(`${name}.npz`),
      await writeNpz({ arr_0: { dtype: 'U8', shape: [2, 28, 28, 1], data } }),
    )
  }
  spaces = ['--features', `digits,dinov2=${folder.at('dinov2.safetensors')}`, '--backend', 'wasm']
}, 60_000)
afterAll(() => folder.remove())

it('measures in several feature spaces, with ratios to validation images, as in each alone', async () => {
  const at = folder.at
  const ref = await run('fid', 'ref', at('real.npz'), '-o', at('ref.npz'), ...spaces, '--keep-features')
  expect(ref.out.split('\n')).toEqual([
    `statistics of 2 images in ${at('ref.digits.npz')}`,
    `statistics of 2 images in ${at('ref.dinov2.npz')}`,
  ])
  await run('fid', 'ref', at('other.npz'), '-o', at('validation.npz'), ...spaces)
  const calc = (features: string[], name: string, out: string) => [
    ...[
      'fid',
      'calc',
      at('made.npz'),
      '--ref',
      at(`ref${name}.npz`),
      '--validation',
      at(`validation${name}.npz`),
    ],
    ...['-o', at(out), '--metrics', 'frechetDistance,gaussianKernelDistance', ...features],
  ]
  const { out } = await run(...calc(spaces, '', 'all.json'))
  const { images, meanRatio, spaces: found } = JSON.parse(await readFile(at('all.json'), 'utf8'))
  expect(Object.keys(found)).toEqual(['digits', 'dinov2'])
  expect(images).toBe(at('made.npz'))
  expect(meanRatio).toBe((found.digits.ratio + found.dinov2.ratio) / 2)
  expect(found.dinov2.record).toMatchObject({
    network: 'DINOv2 ViT-S/14',
    resize: 'clean',
    inputSize: 224,
    images: 2,
    imageSize: [28, 28, 1],
    seed: 0,
    backend: 'wasm',
  })
  expect(found.dinov2.record.normalisation.mean[0]).toBeCloseTo(123.675, 6)
  expect(found.dinov2.record.weightsSha256).toMatch(/^[0-9a-f]{64}$/)
  expect(found.dinov2.validation.file).toBe(at('validation.dinov2.npz'))
  const value = (number: number) => number.toPrecision(6)
  const [digits, dinov2] = [found.digits, found.dinov2]
  expect(out.replaceAll(/ +/g, ' ').split('\n')).toEqual([
    'space metric value ratio',
    `digits Fréchet distance ${value(digits.frechetDistance)} ${value(digits.ratio)}`,
    `digits Gaussian kernel distance ${value(digits.gaussianKernelDistance)}`,
    `dinov2 Fréchet distance ${value(dinov2.frechetDistance)} ${value(dinov2.ratio)}`,
    `dinov2 Gaussian kernel distance ${value(dinov2.gaussianKernelDistance)}`,
    `mean ${value(meanRatio)}`,
    '2 images, wasm',
    'digits digit features',
    'dinov2 DINOv2 ViT-S/14, resize clean to 224 x 224',
  ])
  await expect(readdir(at('all.json.parts'))).rejects.toThrow('ENOENT')

  const alone = await run(...calc(['--features', 'digits', '--backend', 'wasm'], '.digits', 'one.json'))
  expect(JSON.parse(await readFile(at('one.json'), 'utf8'))).toEqual({ ...digits, images: at('made.npz') })
  expect(alone.out).toContain(`ratio to validation`)
})

it('measures again only in the spaces whose part is missing', async () => {
  const parts = folder.at('shared.npz.parts')
  const share = [
    'fid',
    'ref',
    folder.at('real.npz'),
    '-o',
    folder.at('shared.npz'),
    ...spaces,
    '--shard',
    '0/2',
  ]
  await run(...share)
  const [digits, dinov2] = ['digits', 'dinov2'].map(name => `${parts}/${name}/part-00000-of-1.safetensors`)
  const [before, written] = [await readFile(digits!), (await stat(dinov2!)).mtimeMs]
  await rm(digits!)
  await run(...share)
  expect(await readFile(digits!)).toEqual(before)
  expect((await stat(dinov2!)).mtimeMs).toBe(written)
})

it('says what is wrong', async () => {
  const ref = (...features: string[]) =>
    run(
      'fid',
      'ref',
      folder.at('real.npz'),
      '-o',
      folder.at('no.npz'),
      '--backend',
      'wasm',
      '--features',
      ...features,
    )
  await expect(ref('digits,digits')).rejects.toThrow("must name each network once, got 'digits' twice.")
  await expect(ref('digits,')).rejects.toThrow(
    'must be names of inception, dinov2, clip, cifar, digits, or a file',
  )
  await expect(ref(`clip=${folder.at('dinov2.safetensors')}`)).rejects.toThrow(
    `eval-fid.readClip: path must be a safetensors file with the weights of CLIP ViT-B/32, got '${folder.at('dinov2.safetensors')}'`,
  )
  await expect(ref('dinov2=no.safetensors')).rejects.toThrow(
    "--features must name a file that can be read, got 'no.safetensors' (ENOENT).",
  )
})
