import { readFile, writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { BAD, cpu, failure, inputs, out } from './bad-inputs.js'

describe('a configuration', () => {
  const texts: Record<string, string> = {
    'is not YAML': 'network: [1, 2\ncoupling: }',
    'has a tab': 'network:\n\tinitial: x',
    'has an alias that is not there': 'network: *none',
    'has aliases of aliases': `a: &a [x]\nb: &b [${'*a, '.repeat(99)}]\nc: &c [${'*b, '.repeat(99)}]\nd: [${'*c, '.repeat(99)}]`,
    'has the same key twice': 'seed: 1\nseed: 2',
    'is a list': '[1]',
    'is a number': '5',
    'is a text': 'hello',
    'is nested deeply': `${'{"a":'.repeat(9_000)}1${'}'.repeat(9_000)}`,
    'is nested deeply in dashes': `seed: ${'- '.repeat(20_000)}1`,
    'is nested deeply in a block': `seed:\n${'- '.repeat(20_000)}1`,
    'is nested deeply in questions': `${'? '.repeat(20_000)}1`,
    'is nested deeply by indentation': Array.from({ length: 340 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'),
    'is large': `seed: 1 ${'#'.repeat(1e6)}`,
    'has unknown keys': JSON.stringify(
      Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`key${i}`, i])),
    ),
    'has a long value': JSON.stringify({ recipe: 'x'.repeat(2e4), [`k${'y'.repeat(2e4)}`]: 1 }),
    'has a key of every object': 'recipe: toString\n__proto__: { x: 1 }\nconstructor: 1',
    'is binary': '\0\x01\x02\u{fffd}',
  }
  it.each(Object.entries(texts))('is refused if it %s', async (_, text) => {
    const path = inputs.at('bad.yaml')
    await writeFile(path, text)
    await failure(['train', path, '--out', out('t'), ...cpu], [path])
  })

  it('is refused without warnings of the parser on the console', async () => {
    const path = inputs.at('odd.yaml')
    await writeFile(path, 'network: { !preset : cifar10, ? [a] : 1 }\nseed: !tag 1\n')
    const warned: string[] = []
    const listen = (warning: Error) => warned.push(warning.message)
    process.on('warning', listen)
    await failure(['train', path, '--out', out('t'), ...cpu], [path])
    await new Promise(setImmediate) // warnings come a turn later
    process.off('warning', listen)
    expect(warned).toEqual([])
  })

  const wrong: [string, unknown][] = [
    ...['steps', 'batch', 'microBatches', 'saveEvery', 'logEvery', 'previewEvery', 'previewImages'].flatMap(
      key => [0, -1, 1.5, 2 ** 53, '1', null, [1], true].map((value): [string, unknown] => [key, value]),
    ),
    ...['learningRate', 'epsilon', 'clipNorm'].flatMap(key =>
      [0, -1, 'x', null].map((value): [string, unknown] => [key, value]),
    ),
    ...['beta1', 'beta2'].flatMap(key => [-1, 1, 2, 'x'].map((value): [string, unknown] => [key, value])),
    ...['seed', 'warmup'].flatMap(key =>
      [-1, 1.5, 2 ** 53, 'x'].map((value): [string, unknown] => [key, value]),
    ),
    ...['emaDecay'].map((key): [string, unknown] => [key, 1.5]),
    ...[
      'recipe',
      'precision',
      'perceptual',
      'premetric',
      'timesteps',
      'paper',
      'network',
      'coupling',
    ].flatMap(key => ['x', 5, [], null, {}].map((value): [string, unknown] => [key, value])),
    ['premetric', { name: 'pseudoHuber', c: 'x' }],
    ['premetric', { name: 'pseudoHuber', d: 1 }],
    ['network', { initial: 5 }],
    ['network', { preset: 'x' }],
    ['network', { initial: 'x', dropout: 1 }],
    ['coupling', { data: 'x', pairs: 'y' }],
  ]
  it('is refused if a setting has a wrong value', async () => {
    const path = inputs.at('wrong.json')
    const rest = JSON.parse(String(await readFile(inputs.config)))
    for (const [key, value] of wrong) {
      await writeFile(path, JSON.stringify({ ...rest, [key]: value }))
      const message = await failure(['train', path, '--print-config'], [path])
      expect(message).toContain(key)
    }
    for (const value of ['.nan', '.inf', '1e400']) {
      await writeFile(path, `learningRate: ${value}\nnetwork: { preset: cifar10 }\ncoupling: { data: x }`)
      expect(await failure(['train', path, '--print-config'], [path])).toContain(
        'learningRate must be a finite number',
      )
    }
  })

  it('is refused if what it names is not there, or is something else', async () => {
    const path = inputs.at('names.json')
    const train = async (settings: object, names: string[]) => {
      const rest = JSON.parse(String(await readFile(inputs.config)))
      await writeFile(path, JSON.stringify({ ...rest, ...settings }))
      await failure(['train', path, '--out', out('t'), ...cpu], names)
    }
    for (const bad of BAD.file) await train({ network: { initial: inputs.at(bad) } }, [bad])
    for (const bad of BAD.images) await train({ coupling: { data: inputs.at(bad) } }, [bad])
    for (const bad of BAD.folder) await train({ coupling: { pairs: inputs.at(bad) } }, [bad])
    const size = { img_resolution: 8, in_channels: 3, out_channels: 3 }
    for (const bad of [{ num_blocks: -1 }, { img_resolution: 'x' }, { unet_type: 'x' }, { odd: 1 }])
      await train({ network: { config: { ...size, ...bad } } }, ['network.config'])
  })
})
