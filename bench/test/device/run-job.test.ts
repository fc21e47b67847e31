import { spawnSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { Outcome } from '../../src/device/job.js'
import { runJob } from '../../src/device/run-job.js'

const job = (script: string, seconds = 20) => {
  const seen: number[] = []
  const onEntry = ({ entries }: Outcome) => seen.push(entries.length)
  const ended = runJob('a job', { command: process.execPath, args: ['-e', script], seconds, onEntry })
  return ended.then(outcome => ({ ...outcome, seen }))
}

it('keeps the entries of a job, and nothing else that it prints', async () => {
  const outcome = await job(
    `console.log('{"n":1}'); console.log('a warning'); console.log('{broken'); console.log('{"n":2}')`,
  )
  expect(outcome).toMatchObject({ job: 'a job', ended: 'done', entries: [{ n: 1 }, { n: 2 }], seen: [1, 2] })
})

it('keeps what a job printed before it failed, with its last words', async () => {
  const outcome = await job(`console.log('{"n":1}'); throw new Error('the device was lost')`)
  expect(outcome.entries).toEqual([{ n: 1 }])
  expect(outcome.ended).toMatch(/^ended with 1: [\s\S]*the device was lost/)
})

it('says of a job that this machine can not run why it was left out', async () => {
  const outcome = await job(`console.error('no such feature'); process.exit(3)`)
  expect(outcome.ended).toBe('left out: no such feature')
})

it('kills a job after its time, together with the processes that it started', async () => {
  const child = `setInterval(() => {}, 1000)`
  const outcome = await job(
    `const { pid } = require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}])
    console.log(JSON.stringify({ pid })); ${child}`,
    2,
  )
  expect(outcome.ended).toBe('killed after 2 s')
  const { pid } = outcome.entries[0] as { pid: number }
  await sleep(200)
  // A container's first process may leave it as a zombie.
  const state = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).stdout
  expect(state).toMatch(/^(Z.*)?\s*$/)
})

it('reports a program that is missing', async () => {
  const { ended } = await runJob('a job', { command: '/no/such', args: [], seconds: 5, onEntry() {} })
  expect(ended).toContain('ENOENT')
})
