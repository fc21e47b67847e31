import { describe, it } from 'vitest'
import { cpu, digits, failure, flow, inputs, out } from './bad-inputs.js'

describe('a number that is absurd', () => {
  const commands: [string, () => string[]][] = [
    ['pairs', () => ['pairs', '--count', '2', '--out', out('p'), ...flow()]],
    ['pairs invert', () => ['pairs', 'invert', inputs.images, '--out', out('i'), ...flow()]],
    ['sample', () => ['sample', '--out', out('s'), ...flow()]],
    ['invert', () => ['invert', inputs.images, '--out', out('z.npz'), ...flow()]],
    ['translate', () => ['translate', inputs.images, '--to', '1', '--out', out('x'), ...flow()]],
    ['fid ref', () => ['fid', 'ref', inputs.digits, '-o', out('r.npz'), ...digits]],
    ['fid calc', () => ['fid', 'calc', inputs.digits, '--ref', inputs.ref, '-o', out('f.json'), ...digits]],
  ]
  const options: Record<string, string[]> = {
    pairs: ['--count', '--shard-size', '--batch', '--seed', '--steps', '--workers'],
    'pairs invert': ['--count', '--shard-size', '--batch', '--seed', '--steps', '--workers'],
    sample: ['--class', '--batch', '--steps', '--workers'],
    invert: ['--class', '--steps', '--batch'],
    translate: ['--to', '--from', '--inversion-steps', '--steps', '--batch'],
    'fid ref': ['--batch', '--resolution', '--workers'],
    'fid calc': ['--batch', '--at-least', '--seed', '--workers'],
  }
  const cases = commands.flatMap(([name, base]) =>
    options[name]!.map(option => [`${name} ${option}`, base, option] as const),
  )

  it.each(cases)('is refused: %s', async (_, base, option) => {
    const zero = /seed|class|to|from/.test(option) ? [] : ['0']
    for (const value of [...zero, '', '-1', '1.5', '1e99', 'NaN', 'Infinity', '9007199254740992', 'x'])
      await failure([...base(), `${option}=${value}`], [option])
  })

  it('is refused: lists, shares and grids', async () => {
    const sample = ['sample', '--out', out('s'), '--network', inputs.network, ...cpu]
    for (const seeds of [
      '',
      '5-3',
      '1,5-3',
      '1,1',
      '0-4,3',
      '-1',
      '1-',
      '0-99999999999',
      '0-9007199254740991',
      '9007199254740992',
      '1e3',
      'x',
    ])
      await failure([...sample, `--seeds=${seeds}`], ['--seeds'])
    for (const images of ['2', '0-2', '0-9999999', '0-99999999999', '7'])
      await failure(
        ['invert', inputs.images, ...flow(), '--out', out('z.npz'), '--images', images],
        ['--images'],
      )
    for (const times of ['', '1', '0,1', '1,,0', '1e99,0', 'NaN,0', '1,0.5,0.5', '0.5,-1'])
      await failure([...sample, '--seeds', '1', `--times=${times}`], ['--times'])
    for (const shard of ['', '1', '1/1', '0/0', '-1/2', '1e3/2e3', '0/2/3'])
      await failure([...sample, '--seeds', '1', `--shard=${shard}`], ['--shard'])
    await failure(
      ['pairs', '--count', '1000000000', '--shard-size', '1', '--out', out('p'), ...flow()],
      ['--shard-size'],
    )
    await failure(['translate', inputs.images, ...flow(), '--to', '2', '--out', out('x')], ['--to'])
  })
})
