import { BACKENDS, type BackendName, useBackend } from '@rectified-flow/backends'
import * as tf from '@tensorflow/tfjs-core'
import { afterEach, expect, it } from 'vitest'
import { run } from './run.js'

// `doctor` leaves the backend that it chose active.
afterEach(() => useBackend((process.env.BACKEND ?? 'cpu') as BackendName))

interface Report {
  backends: { name: BackendName; works: boolean; reason?: string; install?: string }[]
  chosen: BackendName
  missingKernels: string[]
  advice: string[]
}

it('reports every backend, and chooses the first that works', async () => {
  const report = JSON.parse((await run('doctor', '--no-speed', '--json')).out) as Report
  expect(report.backends.map(({ name }) => name)).toEqual(BACKENDS)
  const usable = report.backends.filter(({ name, works }) => works && name !== 'webgpu-software')
  expect(report.chosen).toBe(usable[0]?.name)
  expect(await useBackend()).toMatchObject({ name: report.chosen })
  for (const kernel of report.missingKernels) expect(tf.getKernel(kernel, tf.getBackend())).toBeUndefined()
})

it('advises to install what the probes say is missing', async () => {
  const { backends, chosen, advice } = JSON.parse((await run('doctor', '--no-speed', '--json')).out) as Report
  const onGpu = chosen === 'node-gpu' || chosen === 'webgpu'
  const installs = backends.flatMap(({ install }) => (install && !onGpu ? [`npm install ${install}`] : []))
  expect(advice.map(line => line.split(': ')[1]).sort()).toEqual([...new Set(installs)].sort())
})

it('prints a line for each backend', async () => {
  const { out } = await run('doctor', '--no-speed')
  for (const name of BACKENDS) expect(out).toMatch(new RegExp(`^[+-] ${name} +\\S`, 'm'))
  expect(out).toMatch(/^\+ cpu +works$/m)
  expect(out).toMatch(/^chosen: \S+, the first of these that works/m)
  expect(out).not.toContain('training step')
})
