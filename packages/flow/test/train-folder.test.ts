import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { useBackend } from '@rectified-flow/backends'
import type { Flow } from '@rectified-flow/flow'
import { loadFlow, straighten, trainFolder } from '@rectified-flow/flow/node'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { writeDigits } from './digit-folders.js'

let folder: string
let digits: string
const at = (name: string) => join(folder, name)
const tiny = { size: 8, width: 4, batch: 4, steps: 6 }

beforeAll(async () => {
  if (!process.env.BACKEND) await useBackend('wasm') // the cpu backend takes five times as long
  folder = await mkdtemp(join(tmpdir(), 'flow-'))
  digits = await writeDigits(at('digits'), { first: 0, count: 40 })
})

afterAll(() => rm(folder, { recursive: true }))

async function bits(flow: Flow): Promise<number[]> {
  const x = flow.sample(2, { steps: 2 })
  const values = [...(await x.data())]
  x.dispose()
  flow.dispose()
  return values
}

test('a run that was stopped goes on and ends as an undisturbed one; its folder is a flow', async () => {
  const whole = await bits(await trainFolder(digits, { ...tiny, folder: at('whole') }))
  const stop = new AbortController()
  const parts = { ...tiny, folder: at('parts') }
  await expect(
    trainFolder(digits, { ...parts, signal: stop.signal, onStep: ({ step }) => step === 3 && stop.abort() }),
  ).rejects.toThrow(
    /^flow\.trainFolder: stopped after \d of 6 steps\. Call it again to go on from .*parts\.$/,
  )
  expect(existsSync(at('parts/network.safetensors'))).toBe(false)
  let first = 0
  const flow = await trainFolder(digits, { ...parts, onStep: ({ step }) => (first ||= step) })
  expect(first).toBeGreaterThan(3)
  expect(flow.classNames).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '9']) // the first 40 digits have no 8
  const loaded = await loadFlow(at('parts'))
  for (const named of [flow, loaded]) expect(named.classNumber('9')).toBe(8)
  expect(() => loaded.sample(1, { class: '8' })).toThrow(
    "core.classNumber: label must be one of 0, 1, 2, 3, 4, 5, 6, 7, 9, got '8'.",
  )
  loaded.dispose()
  expect(flow.net.config).toMatchObject({ imgResolution: 8, inChannels: 1, labelDim: 9 })
  expect(await bits(flow)).toEqual(whole)
  expect(await bits(await loadFlow(at('parts')))).toEqual(whole)
})

test('straighten makes pairs of the flow and trains a copy of it', async () => {
  const teacher = await trainFolder(digits, { ...tiny, folder: at('teacher') })
  const before = tf.memory().numTensors
  const how = { folder: at('student'), pairs: 8, teacherSteps: 2, batch: 4 }
  const seen: number[] = []
  const student = await straighten(teacher, { ...how, steps: 5, onPair: done => seen.push(done) })
  expect(seen.at(-1)).toBe(8)
  const [old, straightened] = [teacher.sample(1), student.sample(1)]
  expect(await straightened.data()).not.toEqual(await old.data())
  tf.dispose([old, straightened])
  student.dispose()
  expect(tf.memory().numTensors).toBe(before)
  const longer = await straighten(teacher, { ...how, steps: 7, onPair: done => seen.push(done) })
  expect(seen.at(-1)).toBe(0) // all pairs were there
  longer.dispose()
  await expect(straighten(teacher, { ...how, steps: 7, teacherSteps: 3 })).rejects.toThrow(/origin/)
  teacher.dispose()
})

test('options are checked before work begins', async () => {
  // @ts-expect-error a required option
  await expect(trainFolder(digits, { size: 8 })).rejects.toThrow(
    'flow.trainFolder: folder must be given, got undefined.',
  )
  // @ts-expect-error misspelt
  await expect(trainFolder(digits, { ...tiny, folder: at('x'), step: 3 })).rejects.toThrow(
    'Did you mean steps?',
  )
  await expect(trainFolder(digits, { ...tiny, folder: at('x'), size: 4 })).rejects.toThrow(
    'flow.trainFolder: size must be an integer >= 8, got 4.',
  )
  expect(existsSync(at('x'))).toBe(false)
})
