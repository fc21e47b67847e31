import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const program = fileURLToPath(new URL('native-results.ts', import.meta.url))
const run = promisify(execFile)

async function results(env: Record<string, string>): Promise<string> {
  const { stdout } = await run(process.execPath, ['--import', 'tsx', program], {
    env: { ...process.env, ...env },
  })
  return stdout.trim()
}

const built = existsSync(new URL('../../dist/node/index.js', import.meta.url)) // what the program imports

describe.runIf(process.env.BACKEND === 'node' && built)('native operations', () => {
  it('give the same bits on any number of threads and with vectors of 8 and 16 numbers', async ({ skip }) => {
    const one = await results({ TF_NUM_INTRAOP_THREADS: '1' })
    if (one === 'no native operations') skip('this machine has none')
    expect(await results({ TF_NUM_INTRAOP_THREADS: '3' })).toBe(one)
    expect(await results({ TF_NUM_INTRAOP_THREADS: '4', RECTIFIED_FLOW_NATIVE: 'avx2' })).toBe(one)
  })

  it('can be left out', async () => {
    expect(await results({ RECTIFIED_FLOW_NATIVE: 'none' })).toBe('no native operations')
  })
})
