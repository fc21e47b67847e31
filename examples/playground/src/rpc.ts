/** One end of the message channel between the page and a worker. */
export interface Port {
  postMessage(message: unknown): void
  addEventListener(type: 'message', listener: (event: MessageEvent) => void): void
}

type Functions = { [name: string]: (...args: never[]) => unknown }

/** The same functions as the other end sees them: each returns a promise. */
export type Remote<Api extends Functions> = {
  [Name in keyof Api]: (...args: Parameters<Api[Name]>) => Promise<Awaited<ReturnType<Api[Name]>>>
}

type Call = { id: number; name: string; args: never[] }
type Reply = { id: number; value: unknown } | { id: number; error: string }
type Message<Event> = Reply | { event: Event }

/** In the worker: answer calls with the functions of `api`; calls wait for an api that is still being loaded. */
export function serve<Api extends Functions>(port: Port, api: Api | Promise<Api>): void {
  port.addEventListener('message', async ({ data }) => {
    const { id, name, args } = data as Call
    try {
      port.postMessage({ id, value: await (await api)[name]?.(...args) } satisfies Reply)
    } catch (error) {
      port.postMessage({ id, error: error instanceof Error ? error.message : String(error) } satisfies Reply)
    }
  })
}

/** On the page: call the functions of a worker, and receive the events that it sends. */
export function connect<Api extends Functions, Event>(
  port: Port,
  onEvent: (event: Event) => void,
): Remote<Api> {
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>()
  let calls = 0
  port.addEventListener('message', ({ data }) => {
    const message = data as Message<Event>
    if ('event' in message) return onEvent(message.event)
    const call = waiting.get(message.id)
    waiting.delete(message.id)
    if ('error' in message) call?.reject(new Error(message.error))
    else call?.resolve(message.value as never)
  })
  return new Proxy({} as Remote<Api>, {
    get:
      (_, name: string) =>
      (...args: never[]) =>
        new Promise((resolve, reject) => {
          waiting.set(++calls, { resolve, reject })
          port.postMessage({ id: calls, name, args } satisfies Call)
        }),
  })
}

/** Run `work` for the latest call only: of all calls made while it runs, it runs once more for the last one. */
export function latest(work: () => Promise<void>): () => void {
  let [running, again] = [false, false]
  return async function run() {
    again = running
    if (running) return
    running = true
    try {
      await work()
    } finally {
      running = false
      if (again) run()
    }
  }
}
