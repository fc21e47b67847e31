// Times the threads of the wasm backend: how long one takes to start, and one job to be shared. After `pnpm build`:
//   node --import tsx packages/backends/bench/threads.bench.ts
import os from 'node:os'
import { performance } from 'node:perf_hooks'
import { Worker } from 'node:worker_threads'
import { loadBinary } from '../src/wasm/binary.js'
import { withSharedMemory } from '../src/wasm/shared-memory.js'
import { Team, workerSource } from '../src/wasm/team.js'

const module = new WebAssembly.Module(withSharedMemory(await loadBinary()))
const memory = new WebAssembly.Memory({ initial: 256, maximum: 65536, shared: true })
const { exports } = new WebAssembly.Instance(module, { env: { memory } })
const source = workerSource("require('node:worker_threads').workerData")
let online = 0
const team = new Team({ module, memory, exports }, place => {
  const worker = new Worker(source, { eval: true, execArgv: [], workerData: place })
  worker.unref()
  worker.once('online', () => {
    online = performance.now() - start
  })
})

console.log(`${os.cpus()[0]?.model.trim()}, ${os.availableParallelism()} cores, Node ${process.version}`)
const { rss } = process.memoryUsage()
const start = performance.now()
team.threads = 2
const call = performance.now() - start
await new Promise(resolve => setTimeout(resolve, 500))
const mebibytes = (process.memoryUsage().rss - rss) / 2 ** 20
console.log(
  `a thread: ${call.toFixed(1)} ms to start, ready after ${online.toFixed(0)} ms, ${mebibytes.toFixed(1)} MiB`,
)

const jobs = 5000
for (const [name, units, middle] of [
  ['a job of nothing', 8, 1],
  ['8 units of 4,096 numbers', 8, 4096],
  ['8 units of 65,536 numbers', 8, 65536],
] as const)
  for (const threads of [1, 2]) {
    team.threads = threads
    const begin = performance.now()
    const count = Math.min(jobs, Math.ceil(2e8 / (units * middle)))
    for (let job = 0; job < count; job++) team.run('sumMiddle', units, [0, 8 << 20, middle, 1])
    const microseconds = (1000 * (performance.now() - begin)) / count
    console.log(`${name}, ${threads} ${threads === 1 ? 'thread' : 'threads'}: ${microseconds.toFixed(1)} us`)
  }
