import { spawn, spawnSync } from 'node:child_process'
import { chmod, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type LockFolderOptions, lockFolder } from '@rectified-flow/checkpoints/node'
import { afterEach, beforeEach, expect, it } from 'vitest'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lock-'))
})
afterEach(() => rm(folder, { recursive: true }))

const quick = { beatMs: 20, patienceMs: 1000 }
const lock = (options: LockFolderOptions = {}) => lockFolder('test.run', folder, { ...quick, ...options })

/** The lock of another process, with these words in it. */
async function lockOf(owner: object | string): Promise<string> {
  const mine = await lock()
  const [name] = (await readdir(folder)) as [string]
  const own = JSON.parse(await readFile(join(folder, name), 'utf8'))
  await mine.release()
  await writeFile(
    join(folder, name),
    typeof owner === 'string' ? owner : JSON.stringify({ ...own, ...owner }),
  )
  return join(folder, name)
}

it('gives a folder to one process, and to the next when that one has released it', async () => {
  const first = await lock()
  const waits: string[] = []
  await expect(lock({ onWait: message => waits.push(message) })).rejects.toThrow(
    `test.run: folder must be used by one process at a time, got '${folder}', which process ${process.pid} of ` +
      `machine '${hostname()}' uses.`,
  )
  expect(waits).toEqual([
    `test.run: '${folder}' is locked by process ${process.pid} of machine '${hostname()}'. Waiting for up to 1 s for a sign of life.`,
  ])
  await first.check()
  await first.release()
  expect(await readdir(folder)).toEqual([])
  await (await lock()).release()
})

it('shows that its process is alive while that computes without a pause', async () => {
  const holder = await lock()
  const end = performance.now() + 1500
  while (performance.now() < end); // longer than the patience of others
  await expect(lock()).rejects.toThrow('one process at a time')
  await holder.release()
})

it('takes over at once from a dead process of this machine', async () => {
  await lockOf({ pid: spawnSync(process.execPath, ['-e', '']).pid })
  const taken = await lock({ patienceMs: 1e6, onWait: message => expect.fail(message) })
  expect(await readdir(folder)).toEqual(['lock-000000002'])
  await taken.release()
})

it.each([
  ['of another machine', { machine: '00000000' }],
  ['whose number another process has', { pid: process.ppid }],
  ['that has written nothing yet', ''],
  ['that wrote half', '{"mach'],
])('waits for a sign of life of a process %s, and takes over if there is none', async (_, owner) => {
  const path = await lockOf(owner)
  const taken = await lock()
  expect(await readdir(folder)).toEqual(['lock-000000002'])
  await taken.release()
  await writeFile(path, typeof owner === 'string' ? owner : JSON.stringify(owner))
  const beats = setInterval(() => utimes(path, new Date(), new Date()), 10)
  await expect(lock()).rejects.toThrow('one process at a time')
  clearInterval(beats)
})

it('is given to one of many processes that find a dead one', async () => {
  for (let round = 0; round < 3; round++) {
    await lockOf({ machine: '00000000' })
    const tries = await Promise.allSettled(Array.from({ length: 8 }, () => lock()))
    const taken = tries.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []))
    expect(taken).toHaveLength(1)
    await taken[0]!.check()
    await taken[0]!.release()
  }
})

it('tells a process that was suspended that another one has the folder now', async () => {
  const first = await lock()
  const newer = join(folder, 'lock-000000002')
  await writeFile(newer, JSON.stringify({ machine: '00000000', pid: 7, host: 'other' }))
  await expect(first.check()).rejects.toThrow(
    `test.run: folder must stay locked by this process, got '${folder}', locked by process 7 of machine 'other'.`,
  )
  await first.release()
  expect(await readdir(folder)).toEqual(['lock-000000002'])
  await rm(newer)
  await expect(first.check()).rejects.toThrow('locked by nobody')
})

it('ends with its process, and does not keep that alive', async () => {
  const live = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
  await lockOf({ pid: live.pid })
  live.kill('SIGKILL')
  await new Promise(resolve => live.on('exit', resolve))
  const taken = await lock({ patienceMs: 1e6 })
  await sleep(50)
  await taken.check()
  await taken.release()
})

it("names a folder that can't be one", async () => {
  const file = join(folder, 'file')
  await writeFile(file, '')
  await expect(lockFolder('test.run', file)).rejects.toThrow(
    `test.run: folder must be one that this process can read and write, got '${file}' (EEXIST).`,
  )
  await expect(lockFolder('test.run', join(file, 'in'))).rejects.toThrow(
    `got '${join(file, 'in')}' (ENOTDIR).`,
  )
})

it('takes the number after the last that has nine digits', async () => {
  await writeFile(join(folder, 'lock-999999999'), '')
  await (await lock({ patienceMs: 1 })).release()
  expect(await readdir(folder)).toEqual([])
})

it.skipIf(process.platform === 'win32')('refuses a folder that it can write but not read', async () => {
  await chmod(folder, 0o333)
  const isRoot = process.geteuid?.() === 0 // who may read everything
  if (isRoot) process.seteuid?.(65534)
  try {
    await expect(lock()).rejects.toThrow(
      `test.run: folder must be one that this process can read and write, got '${folder}' (EACCES).`,
    )
  } finally {
    if (isRoot) process.seteuid?.(0)
    await chmod(folder, 0o755)
  }
})
