import { createProgram } from '@rectified-flow/cli/node'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { hanging, table } from '../src/fit-columns.js'
import { run } from './run.js'

afterEach(() => vi.unstubAllEnvs())

const longest = (text: string) => Math.max(...text.split('\n').map(line => line.length))

async function helpOf(...words: string[]): Promise<string> {
  const parts: string[] = []
  const program = createProgram()
  for (const command of [program, ...program.commands])
    command.exitOverride().configureOutput({ writeOut: part => parts.push(part) })
  await program.parseAsync([...words, '--help'], { from: 'user' }).catch(() => {})
  return parts.join('')
}

describe.each([40, 80])('in %i columns', columns => {
  it.each(['train', 'sample', 'fid calc', 'pairs make'])('%s --help fits', async command => {
    vi.stubEnv('COLUMNS', String(columns))
    const help = await helpOf(...command.split(' '))
    expect(help).toContain('Options:')
    // Commander lays out its own tables, for 80 columns where there is no terminal.
    const [, ...lists] = help.split(/\n(?=timesteps:|metrics:)/)
    expect(longest(lists.join('\n'))).toBeLessThanOrEqual(columns)
    expect(longest(help)).toBeLessThanOrEqual(80)
  })

  it('doctor fits', async () => {
    vi.stubEnv('COLUMNS', String(columns))
    const { out } = await run('doctor', '--no-speed')
    const unbreakable = Math.max(...out.split(/\s+/).map(word => word.length)) + 6
    expect(longest(out)).toBeLessThanOrEqual(Math.max(columns, unbreakable))
  })
})

describe('table', () => {
  it('puts a text below its name where there is no room beside it', () => {
    vi.stubEnv('COLUMNS', '30')
    expect(table([['  + webgpu-software', 'no adapter was found on this machine']])).toBe(
      '  + webgpu-software\n    no adapter was found on\n    this machine',
    )
    vi.stubEnv('COLUMNS', '50')
    expect(hanging('+ wasm  ', 'two threads, and kernels of our own that are fast')).toBe(
      '+ wasm  two threads, and kernels of our own that\n        are fast',
    )
  })
})
