import { describe, expect, it } from 'vitest'
import { BAD, cpu, digits, failure, flow, half, inputs, out } from './bad-inputs.js'

// Every command with a bad file or folder at every place: its error names the option or the file, the rule and the value.

/** What a command reads and writes, with a bad value at one place at a time. */
interface Place {
  /** The command with a value at this place. */
  args(value: string): string[]
  /** How the command line calls it. */
  name: string
  kind: keyof typeof BAD
  /** The good value. */
  good(): string
}

const place = (
  command: string,
  name: string,
  kind: Place['kind'],
  value: () => string,
  args: (value: string) => string[],
): [string, Place] => [`${command} ${name}`, { name, kind, good: value, args }]

const network = () => inputs.network
const places: [string, Place][] = [
  place('convert', '<in>', 'file', network, v => ['convert', v]),
  place(
    'convert',
    '[out]',
    'out file',
    () => out('a'),
    v => ['convert', network(), v],
  ),
  place('pairs', '--network', 'file', network, v => ['pairs', '--count', '2', '--out', out('p'), ...flow(v)]),
  place(
    'pairs',
    '--config',
    'file',
    () => inputs.json,
    v => ['pairs', '--count', '2', '--out', out('p'), ...flow(), '--config', v],
  ),
  place(
    'pairs',
    '--out',
    'out folder',
    () => out('p'),
    v => ['pairs', '--count', '2', ...flow(), '--out', v],
  ),
  place(
    'pairs invert',
    '<data>',
    'images',
    () => inputs.images,
    v => ['pairs', 'invert', v, ...flow(), '--out', out('i')],
  ),
  place('pairs invert', '--network', 'file', network, v => [
    'pairs',
    'invert',
    inputs.images,
    ...flow(v),
    '--out',
    out('i'),
  ]),
  place(
    'pairs invert',
    '--out',
    'out folder',
    () => out('i'),
    v => ['pairs', 'invert', inputs.images, ...flow(), '--out', v],
  ),
  place(
    'pairs merge',
    '<stores>',
    'folder',
    () => inputs.store,
    v => ['pairs', 'merge', v, '-o', out('m')],
  ),
  place(
    'pairs merge',
    '--out',
    'out folder',
    () => out('m'),
    v => ['pairs', 'merge', inputs.store, '-o', v],
  ),
  place(
    'pairs verify',
    '<store>',
    'folder',
    () => inputs.store,
    v => ['pairs', 'verify', v],
  ),
  place(
    'train',
    '<config>',
    'file',
    () => inputs.config,
    v => ['train', v, '--out', out('t'), ...cpu],
  ),
  place(
    'train',
    '--out',
    'out folder',
    () => out('t'),
    v => ['train', inputs.config, '--out', v, ...cpu],
  ),
  place('sample', '--network', 'file', network, v => [
    'sample',
    ...flow(v),
    '--seeds',
    '1',
    '--out',
    out('s'),
  ]),
  place(
    'sample',
    '--config',
    'file',
    () => inputs.json,
    v => ['sample', ...flow(), '--config', v, '--seeds', '1', '--out', out('s')],
  ),
  place(
    'sample',
    '--noise',
    'file',
    () => inputs.noise,
    v => ['sample', ...flow(), '--noise', v, '--out', out('s')],
  ),
  place(
    'sample',
    '--out',
    'out folder',
    () => out('s'),
    v => ['sample', ...flow(), '--seeds', '1', '--out', v],
  ),
  place('export', '--network', 'file', network, v => ['export', '--network', v, '--out', out('e.onnx')]),
  place(
    'export',
    '--out',
    'out file',
    () => out('e.onnx'),
    v => ['export', '--network', network(), '--out', v],
  ),
  place(
    'invert',
    '<data>',
    'images',
    () => inputs.images,
    v => ['invert', v, ...flow(), '--out', out('z.npz')],
  ),
  place('invert', '--network', 'file', network, v => [
    'invert',
    inputs.images,
    ...flow(v),
    '--out',
    out('z.npz'),
  ]),
  place(
    'invert',
    '--out',
    'out file',
    () => out('z.npz'),
    v => ['invert', inputs.images, ...flow(), '--out', v],
  ),
  place(
    'translate',
    '<data>',
    'images',
    () => inputs.images,
    v => ['translate', v, ...flow(), '--to', '1', '--out', out('x')],
  ),
  place('translate', '--network', 'file', network, v => [
    'translate',
    inputs.images,
    ...flow(v),
    '--to',
    '1',
    '--out',
    out('x'),
  ]),
  place(
    'translate',
    '--out',
    'out folder',
    () => out('x'),
    v => ['translate', inputs.images, ...flow(), '--to', '1', '--out', v],
  ),
  place(
    'fid ref',
    '<data>',
    'images',
    () => inputs.digits,
    v => ['fid', 'ref', v, '-o', out('r.npz'), ...digits],
  ),
  place('fid ref', '--features', 'file', network, v => [
    'fid',
    'ref',
    inputs.digits,
    '-o',
    out('r.npz'),
    '--features',
    v,
    ...cpu,
  ]),
  place(
    'fid ref',
    '--out',
    'out file',
    () => out('r.npz'),
    v => ['fid', 'ref', inputs.digits, '-o', v, ...digits],
  ),
  place(
    'fid calc',
    '<images>',
    'images',
    () => inputs.digits,
    v => ['fid', 'calc', v, '--ref', inputs.ref, '-o', out('f.json'), ...digits],
  ),
  place(
    'fid calc',
    '--ref',
    'file',
    () => inputs.ref,
    v => ['fid', 'calc', inputs.digits, '--ref', v, '-o', out('f.json'), ...digits],
  ),
  place(
    'fid calc',
    '--out',
    'out file',
    () => out('f.json'),
    v => ['fid', 'calc', inputs.digits, '--ref', inputs.ref, '-o', v, ...digits],
  ),
  place(
    'fid merge',
    '<parts>',
    'folder',
    () => inputs.parts,
    v => ['fid', 'merge', v, '-o', out('g.npz')],
  ),
  place(
    'fid merge',
    '--out',
    'out file',
    () => out('g.npz'),
    v => ['fid', 'merge', inputs.parts, '-o', v],
  ),
  place(
    'report',
    '<run>',
    'folder',
    () => inputs.at('run'),
    v => ['report', v],
  ),
]

describe.each(places)('%s', (_, { args, name, kind, good: value }) => {
  it.each(BAD[kind])('is refused if it is %s', async bad => {
    const path = bad.startsWith('/') || bad === '' ? bad : inputs.at(bad)
    const message = await failure(args(path), [path])
    if (kind.startsWith('out'))
      expect(message).toMatch(new RegExp(`^${name.replace(/[[\]]/g, '\\$&')} must name a `))
  })

  it.runIf(kind === 'file')('is refused if it ends in its middle', async () => {
    await failure(args(await half(value())), ['half-'])
  })
})
