import { createProgram } from '@rectified-flow/cli/node'
import { vi } from 'vitest'

/** Run a command as its user would. Returns what it prints, instead of printing it; rejects on a usage error too. */
export async function run(...args: string[]): Promise<{ out: string; err: string }> {
  const [log, error] = [vi.spyOn(console, 'log'), vi.spyOn(console, 'error')]
  log.mockImplementation(() => {})
  error.mockImplementation(() => {})
  const program = createProgram()
  for (const command of [program, ...program.commands])
    command.exitOverride().configureOutput({ writeErr: () => {}, writeOut: () => {} })
  try {
    await program.parseAsync(args, { from: 'user' })
    return { out: text(log.mock.calls), err: text(error.mock.calls) }
  } finally {
    log.mockReset()
    error.mockReset()
  }
}

const text = (calls: unknown[][]) => calls.map(call => call.join(' ')).join('\n')
