import { readFile, writeFile } from 'node:fs/promises'
import { readNpz, writeNpz } from '@rectified-flow/checkpoints'
import { createRng } from '@rectified-flow/core'
import { evaluate, FeatureStatistics } from '@rectified-flow/eval-fid'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TEACHER, temporaryFolder } from './digits.js'
import './throw-away/lists.js'
import { run } from './run.js'

// Members that no package has, each added by one file and one line, can be chosen by name in code and on the command line.

const teacher = ['--network', TEACHER, '--backend', 'wasm']

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let images: string
beforeAll(async () => {
  folder = await temporaryFolder('choices-')
  images = folder.at('images.npz')
  const bytes = Uint8Array.from(createRng(1).uniforms(16 * 784), value => value * 255)
  await writeFile(images, await writeNpz({ arr_0: { dtype: 'U8', shape: [16, 28, 28, 1], data: bytes } }))
})
afterAll(() => folder.remove())

async function config(name: string, values: object): Promise<string> {
  await writeFile(folder.at(name), JSON.stringify(values))
  return folder.at(name)
}

/** The loss that a run of two steps logged. */
async function lossOf(name: string, values: object): Promise<number> {
  const settings = { network: { initial: TEACHER }, batch: 4, logEvery: 1, previewImages: 1, steps: 2 }
  const path = await config(`${name}.json`, { ...settings, coupling: { data: images }, ...values })
  await run('train', path, '--out', folder.at(name), '--backend', 'wasm')
  const [first] = (await readFile(folder.at(`${name}/metrics.jsonl`), 'utf8')).split('\n')
  return JSON.parse(first!).loss as number
}

it('samples, inverts and makes pairs with a solver that was added', async () => {
  const sample = async (method: string) => {
    const out = folder.at(`${method}.npz`)
    const { out: said } = await run(
      'sample',
      ...teacher,
      '--steps',
      '3',
      '--method',
      method,
      '--seeds',
      '1',
      '--out',
      out,
    )
    return { said, data: (await readNpz(await readFile(out))).get('arr_0')!.data }
  }
  const [ralston, midpoint] = [await sample('ralston'), await sample('midpoint')]
  expect(ralston.said).toMatch(/5 network calls each$/) // the step to t = 0 is Euler's
  expect(ralston.data).not.toEqual(midpoint.data)
  const invert = ['invert', images, ...teacher, '--images', '0', '--steps', '2', '--out', folder.at('z.npz')]
  expect((await run(...invert, '--method', 'ralston')).out).toMatch(/^the noise of 1 images/)
  const pairs = ['pairs', ...teacher, '--count', '2', '--steps', '2', '--out', folder.at('pairs')]
  expect((await run(...pairs, '--method', 'ralston')).out).toMatch(/^2 pairs made/)
  await expect(run(...pairs, '--method', 'heun')).rejects.toThrow('origin must be')
  await expect(run(...invert, '--method', 'ralstom')).rejects.toThrow(/Allowed choices are euler, .* ralston/)
})

describe('train', () => {
  it('shows the added members with their defaults, and checks their options', async () => {
    const chosen = { timesteps: 'constant', premetric: { name: 'l1', scale: 3 } }
    const values = { network: { initial: TEACHER }, coupling: { data: images, name: 'withoutNoise' } }
    const shown = await run('train', await config('shown.json', { ...values, ...chosen }), '--print-config')
    for (const lines of [
      'coupling:\n  name: withoutNoise\n  data: ',
      'timesteps:\n  name: constant\n  at: 0.5\n',
      'premetric:\n  name: l1\n  scale: 3\n',
    ])
      expect(shown.out).toContain(lines)
    const wrong = { timesteps: 'constnat', premetric: { name: 'l1', scale: 'x', power: 2 } }
    const error = await run('train', await config('wrong.json', { ...values, ...wrong })).catch(e => e)
    const at = `'${folder.at('wrong.json')}': `
    expect((error as Error).message.split('\n')).toEqual([
      `${at}timesteps.name must be one of uniform, uShaped, exponentialRising, exponentialFalling, logitNormal, modeSampling, cosmap, constant, got 'constnat'.`,
      `${at}premetric.scale must be a finite number, got 'x'.`,
      `${at}premetric.power must be the name of a setting, got 2.`,
    ])
  })

  it('trains with a distribution, a premetric and a coupling that were added', async () => {
    const loss = (name: string, values: object) => lossOf(name, { timesteps: 'constant', ...values })
    const plain = await loss('plain', { premetric: 'l1' })
    expect(await loss('scaled', { premetric: { name: 'l1', scale: 4 } })).toBeCloseTo(4 * plain, 4)
    const early = { timesteps: { name: 'constant', at: 0.01 }, premetric: 'l1' }
    expect(await loss('early', early)).not.toBeCloseTo(plain, 4)
    const same = { coupling: { data: images, name: 'withoutNoise' }, premetric: 'l1' }
    expect(await loss('same', same)).not.toBeCloseTo(plain, 4)
  })

  it('names the added members in its help', async () => {
    const { createProgram } = await import('@rectified-flow/cli/node')
    let help = ''
    const program = createProgram()
    for (const command of [program, ...program.commands])
      command.exitOverride().configureOutput({ writeOut: text => (help += text) })
    await program.parseAsync(['train', '--help'], { from: 'user' }).catch(() => {})
    for (const line of ['always the same time', 'that time (default: 0.5)', 'mean absolute error', 'itself'])
      expect(help).toContain(line)
  })
})

it('measures a metric that was added, in code and on the command line', async () => {
  const features = { dim: 2, extract: (x: tf.Tensor4D) => tf.mean<tf.Tensor2D>(x, [2, 3]), dispose() {} }
  const real = new FeatureStatistics(2)
  real.add([0, 0, 2, 2])
  const options = { reference: { moments: real }, metrics: ['meanGap' as 'manifold'] }
  const found = await evaluate(features, [tf.zeros([2, 2, 1, 1]) as tf.Tensor4D], options)
  expect(found).toHaveProperty('meanGap', Math.SQRT2)

  const [ref, out] = [folder.at('ref.npz'), folder.at('fid.json')]
  const digits = ['--features', 'digits', '--backend', 'wasm']
  await run('fid', 'ref', images, '-o', ref, ...digits)
  const calc = ['fid', 'calc', images, '--ref', ref, '-o', out, ...digits]
  expect((await run(...calc)).out).toMatch(/^Fréchet distance .*\nmeanGap +0\.00000\n/)
  expect((await run(...calc, '--metrics', 'meanGap')).out).toMatch(/^meanGap +0\.00000\n16 images/)
  expect(JSON.parse(await readFile(out, 'utf8'))).not.toHaveProperty('frechetDistance')
  await expect(run(...calc, '--metrics', 'meanGap,manifold')).rejects.toThrow(
    '--ref must hold samples for manifold, got none. `fid ref --keep-features` keeps samples.',
  )
  await expect(run(...calc, '--metrics', 'meanGab')).rejects.toThrow(
    /must be one of .*, meanGap, got 'meanGab'/,
  )
})
