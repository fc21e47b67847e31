import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Hello, Requests } from './protocol.js'

export interface ParticipantOptions {
  /** Its name in results: 'wasm', 'wasm stock', 'PyTorch'. */
  id: string
  command: string
  args: readonly string[]
}

interface Waiting {
  resolve(reply: object): void
  reject(error: Error): void
}

/** A process that computes on request and waits between requests. */
export class Participant {
  hello: Hello = { versions: {} }
  #child: ChildProcess | undefined
  #waiting: Waiting | undefined
  #stderr = ''
  /** Why the process has ended. */
  #gone: Error | undefined

  constructor(readonly options: ParticipantOptions) {}

  get id(): string {
    return this.options.id
  }

  /** Start the process, or replace it with a new one. Throws if it can't take part. */
  async start(): Promise<void> {
    await this.stop()
    const { command, args } = this.options
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] })
    this.#child = child
    this.#stderr = ''
    this.#gone = undefined
    child.stderr.on('data', text => {
      this.#stderr = (this.#stderr + text).slice(-4000)
    })
    child.stdin.on('error', () => {}) // 'close' reports that the process has ended
    createInterface({ input: child.stdout }).on('line', line => {
      if (child === this.#child && line.startsWith('{')) this.#take(JSON.parse(line) as object)
    })
    const ended = (why: string) => {
      if (child !== this.#child) return
      this.#gone ??= new Error(`${this.id}: ${why}. ${this.#stderr.trim()}`)
      this.#answer(waiting => waiting.reject(this.#gone!))
    }
    child.on('error', ({ message }) => ended(message))
    child.on('close', code => ended(`its process ended with ${code}`))
    this.hello = await this.ask('hello', {})
  }

  /** Send a request and wait for the answer. Throws if the answer is an `error` or the process ends. */
  ask<Name extends keyof Requests>(
    name: Name,
    request: Requests[Name]['request'],
  ): Promise<Requests[Name]['reply']> {
    return new Promise((resolve, reject) => {
      if (this.#gone) return reject(this.#gone)
      this.#waiting = { resolve: resolve as (reply: object) => void, reject }
      this.#child?.stdin?.write(`${JSON.stringify({ do: name, ...request })}\n`)
    })
  }

  async stop(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (!child || child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
    const closed = new Promise(resolve => child.once('close', resolve))
    child.stdin?.end()
    const timer = setTimeout(() => child.kill('SIGKILL'), 3000)
    await closed
    clearTimeout(timer)
  }

  #take(reply: object): void {
    this.#answer(({ resolve, reject }) =>
      'error' in reply ? reject(new Error(String(reply.error))) : resolve(reply),
    )
  }

  #answer(how: (waiting: Waiting) => void): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    if (waiting) how(waiting)
  }
}
