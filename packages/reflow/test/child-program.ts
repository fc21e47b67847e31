import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** tfjs-core's Node platform calls `require`, which an ES module lacks. */
const REQUIRE = `import { createRequire as requireOf } from "node:module"; const require = requireOf(import.meta.url);`

/** Bundle a file of this folder into one file that plain Node can run. */
export async function bundle(entry: string, outfile: string): Promise<void> {
  await build({
    entryPoints: [fileURLToPath(new URL(entry, import.meta.url))],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@rectified-flow/source'],
    external: ['sharp', 'webgpu', '@tensorflow/tfjs-node', '@tensorflow/tfjs-node-gpu'],
    mainFields: ['module', 'main'],
    banner: { js: REQUIRE },
    logLevel: 'error',
  })
}

export interface Outcome {
  stdout: string
  stderr: string
  /** The last number that the program sent. */
  last: number
}

/** Run a bundled program, with a callback when it sends a number. Rejects if the program fails. */
export function run(
  program: string,
  args: string[],
  onNumber?: (value: number, child: ChildProcess) => void,
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = fork(program, args, { silent: true, execArgv: [] })
    const outcome: Outcome = { stdout: '', stderr: '', last: 0 }
    child.stdout?.on('data', chunk => {
      outcome.stdout += chunk
    })
    child.stderr?.on('data', chunk => {
      outcome.stderr += chunk
    })
    child.on('message', (value: number) => {
      outcome.last = value
      onNumber?.(value, child)
    })
    child.on('close', code => {
      if (code === 0) resolve(outcome)
      else reject(new Error(outcome.stderr))
    })
  })
}
