import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const folder = '.github/workflows'
const check: string = JSON.parse(readFileSync('package.json', 'utf8')).scripts.check
const steps = ['setup', ...check.replace(/pnpm |&& /g, '').split(' ')]

it.each(readdirSync(folder))('%s calls steps of .ci/run that exist, in their order', name => {
  const calls = readFileSync(`${folder}/${name}`, 'utf8').matchAll(/\.ci\/run +(.+)/g)
  for (const [, named = ''] of calls)
    expect(steps.filter(step => named.split(' ').includes(step)).join(' ')).toBe(named)
})

it.skipIf(process.platform === 'win32')('reports a step that was not run as failed', () => {
  const { status, stdout } = spawnSync('.ci/run', ['lnit'], { encoding: 'utf8' })
  expect(stdout).toContain('FAIL  lnit             was not run\n0 passed, 1 failed')
  expect(status).toBe(1)
})
