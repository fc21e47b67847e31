import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository's folder. */
export const root = fileURLToPath(new URL('../../..', import.meta.url))

export interface Ran {
  stdout: string
  /** What went wrong, or null. */
  problem: string | null
}

export interface RunOptions {
  cwd: string
  env?: Record<string, string> | undefined
  timeoutMs?: number | undefined
}

// What `npm run` tells its children would override what a project says
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)))

/** Run a JavaScript file in Node to its end. */
export function runNode(file: string, args: string[], options: RunOptions): Promise<Ran> {
  return run(process.execPath, [file, ...args], false, options)
}

/** Run a line of a shell to its end. */
export function runLine(line: string, options: RunOptions): Promise<Ran> {
  return run(line, [], true, options)
}

function run(
  program: string,
  args: string[],
  shell: boolean,
  { cwd, env, timeoutMs = 300_000 }: RunOptions,
): Promise<Ran> {
  return new Promise(resolve => {
    const child = spawn(program, args, { cwd, env: { ...environment, ...env }, shell, timeout: timeoutMs })
    let [stdout, output] = ['', '']
    child.stdout.setEncoding('utf8').on('data', text => {
      stdout += text
      output += text
    })
    child.stderr.setEncoding('utf8').on('data', text => {
      output += text
    })
    child.on('error', error => resolve({ stdout, problem: error.message }))
    child.on('close', (status, signal) =>
      resolve({ stdout, problem: status === 0 ? null : `exit ${signal ?? status}\n${output}` }),
    )
  })
}

/** The file of a command that a package of the root's package.json brings: `.bin` has shell scripts, which Windows can't run. */
export function command(packageName: string, name = packageName): string {
  const folder = join(root, 'node_modules', packageName)
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  return join(folder, typeof bin === 'string' ? bin : bin[name])
}
