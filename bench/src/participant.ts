import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Hello, Requests } from './protocol.js'

export interface ParticipantOptions {
  /** Names it in results: 'wasm', 'wasm stock', 'PyTorch'. */
  id: string
  command: string
  args: readonly string[]
}

/** A process that computes when it is told to, and waits otherwise. */
export class Participant {
  hello: Hello = { versions: {} }
  #child: ChildProcess | undefined
  #waiting: { resolve(reply: object): void; reject(error: Error): void } | undefined
  #stderr = ''

  constructor(readonly options: ParticipantOptions) {}

  get id(): string {
    return this.options.id
  }

  /** Start the process, or one anew in its place. Throws where it can't take part. */
  async start(): Promise<void> {
    await this.stop()
    const { command, args } = this.options
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] })
    this.#child = child
    this.#stderr = ''
    child.stderr.on('data', text => {
      this.#stderr = (this.#stderr + text).slice(-4000)
    })
    child.stdin.on('error', () => {}) // its end is told by 'close'
    createInterface({ input: child.stdout }).on('line', line => {
      if (child === this.#child && line.startsWith('{')) this.#settle(JSON.parse(line) as object)
    })
    const ended = (why: string) => {
      if (child === this.#child) this.#fail(new Error(`${this.id}: ${why}. ${this.#stderr.trim()}`))
    }
    child.on('error', ({ message }) => ended(message))
    child.on('close', code => ended(`its process ended with ${code}`))
    this.hello = await this.ask('hello', {})
  }

  /** Tell it something and wait for the answer. Throws what it answers as `error`, and where its process ends. */
  ask<Name extends keyof Requests>(
    name: Name,
    request: Requests[Name]['request'],
  ): Promise<Requests[Name]['reply']> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve: resolve as (reply: object) => void, reject }
      this.#child?.stdin?.write(`${JSON.stringify({ do: name, ...request })}\n`)
      if (this.#child?.exitCode !== null)
        this.#fail(new Error(`${this.id}: its process is gone. ${this.#stderr.trim()}`))
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

  #settle(reply: object): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    if ('error' in reply) waiting?.reject(new Error(String(reply.error)))
    else waiting?.resolve(reply)
  }

  #fail(error: Error): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.reject(error)
  }
}
