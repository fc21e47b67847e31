import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { useBackend } from '@rectified-flow/backends'
import { beforeAll, describe, expect, it } from 'vitest'
import { inTemporaryFolder, readFiles, writeFiles } from '../src/fuzz/files/files.js'
import { problemOf } from '../src/fuzz/judge.js'
import { ALLOWANCE } from '../src/fuzz/peak-memory.js'
import { plan } from '../src/fuzz/plan.js'
import { Runner } from '../src/fuzz/pool.js'
import { inputOf, prepare, runInput } from '../src/fuzz/run-case.js'
import type { Target } from '../src/fuzz/target.js'
import { targets } from '../src/fuzz/targets.js'

beforeAll(async () => {
  await useBackend('cpu')
})

describe.each(targets.map(target => [target.name, target] as const))('%s', (_, target) => {
  it('reads the valid inputs that mutations start from', async () => {
    for (const files of (await prepare(target)).valid)
      await inTemporaryFolder(async folder => {
        await writeFiles(folder, files)
        await target.read(folder, files)
      })
  })

  it('has the same input for the same seed and number, and others for others', async () => {
    const inputs = await Promise.all(
      [1, 1, 2].map(seed => Promise.all([0, 1, 2, 3, 4].map(n => inputOf(target, seed, n)))),
    )
    expect(inputs[1]).toEqual(inputs[0])
    expect(inputs[2]).not.toEqual(inputs[0])
  })
})

// Folders TARGET/CASE/ of inputs that a reader once crashed on, or refused without a name.
const kept = join(import.meta.dirname, 'fuzz-inputs')
for (const name of await readdir(kept))
  describe(`inputs that were found: ${name}`, async () => {
    const target = targets.find(target => target.name === name) as Target
    for (const number of await readdir(join(kept, name)))
      it(number, async () => {
        const { problem } = await runInput(target, await readFiles(join(kept, name, number)))
        expect(problem).toBeUndefined()
      })
  })

describe('what is a problem', () => {
  const files = new Map([['a.png', new Uint8Array(10)]])
  const target = (read: () => unknown): Target => ({
    name: 'test',
    share: 1,
    prepare: async () => ({ valid: [files], mutate: () => files }),
    read: async () => read(),
  })
  const failing = (error: unknown) =>
    target(() => {
      throw error
    })

  it("is an error that is not in the house's form and names no file", async () => {
    const { problem } = await runInput(failing(new SyntaxError('Unexpected token')), files)
    expect(problem).toBe('an error without a name: SyntaxError: Unexpected token')
    expect(problemOf('text', '/tmp/x', ['a'])).toBe('threw string')
    const house = new RangeError('datasets.openImages: path must hold images, got none.')
    expect((await runInput(failing(house), files)).problem).toBeUndefined()
    expect((await runInput(failing(new Error("'a.png' is damaged")), files)).problem).toBeUndefined()
  })

  it('is a message that is too long', async () => {
    const long = new RangeError(`a.b: x must be y, got ${'z'.repeat(1000)}.`)
    expect((await runInput(failing(long), files)).problem).toContain('a message of 1023 characters')
  })

  it('is memory beyond three times the input', async () => {
    const taken = await runInput(
      target(() => new Uint8Array(ALLOWANCE + 2 ** 24).fill(1)),
      files,
    )
    expect(taken).toMatchObject({ read: true, doubtful: true })
    expect(taken.problem).toMatch(/^took \d+ MiB for 10 bytes$/)
  })
})

it('shares the cases out among the targets, each in order', () => {
  const shares = [
    { name: 'a', share: 3 },
    { name: 'b', share: 1 },
  ] as Target[]
  const cases = [...plan(shares, 8)]
  expect(cases.filter(({ target }) => target === 'a').map(({ number }) => number)).toEqual([0, 1, 2, 3, 4, 5])
  expect(cases.filter(({ target }) => target === 'b').map(({ number }) => number)).toEqual([0, 1])
})

it('runs cases in another process, with the same result each time', async () => {
  const runner = new Runner()
  try {
    const request = { target: 'npy', seed: 1, number: 3 }
    const [first, second] = [await runner.run(request), await runner.run(request)]
    expect(second.read).toBe(first.read)
    expect([first.problem, second.problem]).toEqual([undefined, undefined])
  } finally {
    runner.stop()
  }
})
