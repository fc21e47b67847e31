import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { BackendName } from '@rectified-flow/backends'
import { readSafetensors } from '@rectified-flow/checkpoints'
import * as tf from '@tensorflow/tfjs-core'
import { openBackend, settle } from './backends.js'
import type { Work } from './case.js'
import { casesOf } from './cases/cases.js'
import { trackLiveBytes } from './live-bytes.js'
import type { Growth, Hello, Opened, Requests, Stretch } from './protocol.js'

export interface ChildOptions {
  backend: BackendName
  stock: boolean
  quick: boolean
}

/** How often a case runs to show its memory: a compiled function is compiled by then. */
const MEMORY_RUNS = 8

/** A participant: one backend, with or without the packages' kernels. It follows the requests on stdin (see protocol.ts). */
export async function runChild({ backend, stock, quick }: ChildOptions): Promise<void> {
  const answer = (reply: object) => process.stdout.write(`${JSON.stringify(reply)}\n`)
  console.log = console.error // stdout is only for answers
  const cases = casesOf({ quick })
  let device: string | undefined
  let work: Work | undefined

  const handlers: {
    [Name in keyof Requests]: (request: Requests[Name]['request']) => Promise<Requests[Name]['reply']>
  } = {
    async hello(): Promise<Hello> {
      device = await openBackend(backend, { stock })
      return { device, versions: { Node: process.version, tfjs: tf.version_core } }
    },
    async open({ case: name, file }): Promise<Opened> {
      const found = cases.find(one => one.name === name)!
      const inputs = new Map(readSafetensors(readFileSync(file)).tensors)
      work = stock && found.openStock ? found.openStock(inputs) : found.open(inputs)
      const outputs = await (work.outputs ?? work.run)()
      const numbers = await Promise.all(outputs.map(output => output.data()))
      tf.dispose(outputs)
      return {
        outputs: numbers.map(({ buffer, byteOffset, byteLength }) => base64(buffer, byteOffset, byteLength)),
      }
    },
    async time({ repeats }): Promise<Stretch> {
      const before = process.cpuUsage()
      const start = performance.now()
      for (let i = 1; i <= repeats; i++) {
        const outputs = await work!.run()
        if (i === repeats) await settle(backend, outputs)
        tf.dispose(outputs)
      }
      const ms = performance.now() - start
      const { user, system } = process.cpuUsage(before)
      return { ms, processorMs: (user + system) / 1000 }
    },
    async close() {
      work?.close?.()
      work = undefined
      return {}
    },
    async memory({ case: name, file }): Promise<Growth> {
      const found = cases.find(one => one.name === name)!
      const { run } = found.open(new Map(readSafetensors(readFileSync(file)).tensors))
      const live = backend === 'wasm' ? trackLiveBytes() : undefined
      const before = process.memoryUsage.rss()
      let ms = Infinity
      for (let i = 0; i < MEMORY_RUNS; i++) {
        const start = performance.now()
        const outputs = await run()
        await settle(backend, outputs)
        tf.dispose(outputs)
        ms = Math.min(ms, performance.now() - start)
      }
      const peak = 1024 * process.resourceUsage().maxRSS - before
      return { peak, ms, ...(live && { live: live() }) }
    },
  }

  for await (const line of createInterface({ input: process.stdin })) {
    const { do: name, ...request } = JSON.parse(line) as { do: keyof Requests }
    try {
      answer(await handlers[name](request as never))
    } catch (error) {
      answer({ error: error instanceof Error ? error.message : String(error) })
    }
  }
  process.exit(0) // else the threads of wasm and Dawn keep the process alive
}

function base64(buffer: ArrayBufferLike, offset: number, length: number): string {
  return Buffer.from(buffer, offset, length).toString('base64')
}
