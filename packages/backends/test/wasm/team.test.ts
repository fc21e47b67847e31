import { Worker } from 'node:worker_threads'
import asc from 'assemblyscript/asc'
import { afterAll, expect, it } from 'vitest'
import { withSharedMemory } from '../../src/wasm/shared-memory.js'
import { Team, workerSource } from '../../src/wasm/team.js'

/** Marks each unit with the number of its thread + 1, and takes a moment for that; fails at unit `trap`. */
const source = `
export function other(at: usize, first: i32, last: i32, thread: i32): void {}
export function mark(at: usize, trap: i32, first: i32, last: i32, thread: i32): void {
  for (let i = first; i < last; i++) {
    if (i === trap && thread > 0) unreachable()
    for (let j = 0; j < 100000; j++) store<i32>(at + 4 * i, load<i32>(at + 4 * i) ^ j)
    store<i32>(at + 4 * i, thread + 1)
  }
}`

async function compile(text: string, options: string[]): Promise<Uint8Array> {
  let binary = new Uint8Array()
  const { error } = await asc.main(
    ['index.ts', '--outFile', 'o.wasm', '--runtime', 'stub', '-O', ...options],
    {
      readFile: name => (name === 'index.ts' ? text : null),
      writeFile: (_, contents) => {
        binary = contents as Uint8Array<ArrayBuffer>
      },
      listFiles: () => [],
    },
  )
  if (error) throw error
  return binary
}

const workers: Worker[] = []
afterAll(() => Promise.all(workers.map(worker => worker.terminate())))

async function makeTeam() {
  const binary = withSharedMemory(await compile(source, ['--importMemory', '--maximumMemory', '65536']))
  const module = new WebAssembly.Module(binary)
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true })
  const { exports } = new WebAssembly.Instance(module, { env: { memory } })
  const team = new Team({ module, memory, exports }, place => {
    const text = workerSource("require('node:worker_threads').workerData")
    workers.push(new Worker(text, { eval: true, execArgv: [], workerData: place }))
  })
  return { team, marks: new Int32Array(memory.buffer) }
}

/** Run jobs of `units` units until each of `threads` threads has done at least one unit; at least 20 jobs. */
function whoDoes(team: Team, marks: Int32Array, units: number, threads: number): Set<number> {
  const seen = new Set<number>()
  const end = Date.now() + 30_000
  for (let job = 0; job < 20 || (seen.size < threads && Date.now() < end); job++) {
    marks.fill(0)
    team.run('mark', units, [0, -1])
    const done = marks.slice(0, units)
    for (const mark of done) {
      expect(mark).toBeGreaterThan(0)
      seen.add(mark)
    }
  }
  return seen
}

it('runs every unit once, on the number of threads that was set', async () => {
  const { team, marks } = await makeTeam()
  expect(team.threads).toBe(1)
  team.threads = 3
  expect(whoDoes(team, marks, 23, 3)).toEqual(new Set([1, 2, 3]))
  team.threads = 2
  expect(whoDoes(team, marks, 23, 2)).toEqual(new Set([1, 2]))
  team.threads = 3
  expect(whoDoes(team, marks, 2, 2).size).toBeGreaterThan(1)
})

it('reports a failure in a worker, and works on', async () => {
  const { team, marks } = await makeTeam()
  team.threads = 2
  whoDoes(team, marks, 8, 2)
  const end = Date.now() + 30_000
  let message = ''
  while (!message && Date.now() < end)
    try {
      for (let unit = 0; unit < 8; unit++) team.run('mark', 8, [0, unit])
    } catch (error) {
      message = (error as Error).message
    }
  expect(message).toBe('backends.mark: a worker failed.')
  whoDoes(team, marks, 8, 2)
})

it('shares imported and own memory, if it has a maximum size', async () => {
  const own = withSharedMemory(await compile(source, ['--maximumMemory', '4', '--initialMemory', '1']))
  const { memory } = new WebAssembly.Instance(new WebAssembly.Module(own as BufferSource)).exports
  expect((memory as WebAssembly.Memory).buffer).toBeInstanceOf(SharedArrayBuffer)
  const unlimited = await compile(source, ['--importMemory'])
  expect(() => withSharedMemory(unlimited)).toThrow(
    new TypeError('backends.withSharedMemory: binary must have memory with a maximum size, got none.'),
  )
})
