import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, symlink } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { writeFileWhole } from '@rectified-flow/checkpoints/node'
import { createProgram } from '@rectified-flow/cli/node'
import type { Stage } from './stages.js'

export interface RunOptions {
  /** Name of the backend; by default the first that works. */
  backend?: string | undefined
  /** Called with each command line before it runs. */
  log?: (line: string) => void
}

/**
 * Run stages in order. A command whose file exists is not run.
 *
 * @throws Error of the first command that fails or is stopped
 */
export async function runStages(stages: readonly Stage[], { backend, log }: RunOptions = {}): Promise<void> {
  for (const { commands } of stages)
    for (const { line, makes } of commands) {
      if (makes && existsSync(makes)) continue
      log?.(`$ ${line.join(' ')}`)
      if (makes) await mkdir(dirname(makes), { recursive: true })
      await runLine(backend && line[0] === 'rectified-flow' ? [...line, '--backend', backend] : line)
    }
}

async function runLine([command, ...rest]: readonly string[]): Promise<void> {
  if (command === 'fetch') return fetchWhole(...(rest as [url: string, path: string]))
  if (command === 'link') return symlink(resolve(rest[0]!), rest[1]!, 'junction')
  if (command !== 'rectified-flow') return runProgram(command!, rest)
  await createProgram().parseAsync(rest, { from: 'user' })
  // `train` sets an exit code when it is stopped: the commands after it must not begin.
  if (process.exitCode) throw new Error(`rectified-flow ${rest[0]} was stopped; the same command goes on.`)
}

async function fetchWhole(url: string, path: string): Promise<void> {
  const byHand = `Put the file at '${path}' by hand where it can't be reached.`
  const response = await fetch(url).catch(cause => {
    throw new Error(`${url} must be reachable, got ${(cause as Error).message}. ${byHand}`, { cause })
  })
  if (!response.ok) throw new Error(`${url} must be there, got status ${response.status}. ${byHand}`)
  await writeFileWhole(path, new Uint8Array(await response.arrayBuffer()))
}

function runProgram(command: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit', shell: process.platform === 'win32' })
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      if (code === 0) resolve()
      else reject(new Error(`${command} must succeed, got ${signal ?? `exit code ${code}`}.`))
    })
  })
}
