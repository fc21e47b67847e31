// Kills each command 100 times (or as often as the first argument says): npm run kills
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { useBackend } from '@rectified-flow/backends'
import { createRng } from '@rectified-flow/core'
import { commands } from './commands.js'
import { killAgainAndAgain } from './kill-again-and-again.js'

const kills = Number(process.argv[2] ?? 100)
const folder = await mkdtemp(join(tmpdir(), 'kills-'))
await useBackend('cpu')
// At once: a command spends most of its time on its start and on waiting for the disk.
const jobs = Object.entries(await commands(folder)).map(async ([name, job], i) => {
  const begin = performance.now()
  const rng = createRng(i)
  const own = join(folder, String(i))
  await mkdir(own)
  const { insideWrites, ends, ...done } = await killAgainAndAgain(job, {
    folder: own,
    kills,
    uniform: () => rng.uniforms(1)[0]!,
  })
  console.log(
    `${name}: ${done.kills} kills, ${insideWrites} inside of a write; ${ends} times at its end with the files of an ` +
      `undisturbed run; ${((performance.now() - begin) / 1000).toFixed(0)} s`,
  )
})
await Promise.all(jobs)
await rm(folder, { recursive: true })
