/** What a thread needs to take part. All members can be posted to a worker. */
export interface Place {
  module: WebAssembly.Module
  memory: WebAssembly.Memory
  control: SharedArrayBuffer
  /** From 1; the main thread is 0. */
  thread: number
}

/** More threads than this only wait for memory. */
export const MOST_BY_ITSELF = 8

/** A kernel whose last parameters are the first unit of work, the last one + 1 and the thread. */
type Kernel = (...numbers: number[]) => void

// The words of the control block; a job's arguments follow them. A worker enters a job through its gate. The gate closes
// before the next job is written: a worker that wakes too late finds it closed, and the main thread doesn't wait for it.
const JOB = 0 // counts jobs; threads sleep on it
const GATE = 1 // how many workers are inside, plus OPEN
const NEXT = 2 // the first unit that no thread has taken
const UNITS = 3
const PORTION = 4 // how many units a thread takes at once
const KERNEL = 5
const COUNT = 6 // of arguments
const THREADS = 7 // workers with this number or a higher one take no part
const FAILED = 8
const OPEN = 1 << 16
const ARGUMENTS = 64 // offset of the arguments, in bytes
const MOST_ARGUMENTS = 40

/** Take portions of the open job and run them, until none is left. */
function takePortions(kernels: Kernel[], control: SharedArrayBuffer, thread: number): void {
  const words = new Int32Array(control, 0, 16)
  const [, , , units, portion, index, count] = words as unknown as number[]
  const values = [...new Float64Array(control, 64, count)]
  const kernel = kernels[index!]!
  for (;;) {
    const first = Atomics.add(words, 2, portion!)
    if (first >= units!) return
    kernel(...values, first, Math.min(units!, first + portion!), thread)
  }
}

/** A worker's loop: wait until there is a job, then take part in it. */
function serve({ module, memory, control, thread }: Place, take: typeof takePortions): void {
  const words = new Int32Array(control, 0, 16)
  const kernels = Object.values(new WebAssembly.Instance(module, { env: { memory } }).exports) as Kernel[]
  let job = 0
  for (;;) {
    // A sleeping thread takes some 50 us to wake up. The next job mostly comes sooner, so look for it before going to sleep.
    for (let spins = 10_000; spins > 0 && Atomics.load(words, 0) === job; spins--);
    Atomics.wait(words, 0, job)
    job = Atomics.load(words, 0)
    let gate = thread < Atomics.load(words, 7) ? Atomics.load(words, 1) : 0
    while (gate >= 65536) {
      const found = Atomics.compareExchange(words, 1, gate, gate + 1)
      if (found === gate) break
      gate = found
    }
    if (gate < 65536) continue
    job = Atomics.load(words, 0)
    try {
      take(kernels, control, thread)
    } catch {
      Atomics.store(words, 8, 1)
    }
    if (Atomics.sub(words, 1, 1) === 1) Atomics.notify(words, 1)
  }
}

/** The JavaScript that a worker runs: the source of the two functions above. `place` is an expression for its Place. */
export const workerSource = (place: string) => `(${serve})(${place}, ${takePortions})`

/** Threads that share the units of a kernel's work. The results don't depend on which thread runs which unit. */
export class Team {
  readonly #kernels: Kernel[]
  readonly #names: string[]
  readonly #control = new SharedArrayBuffer(ARGUMENTS + 8 * MOST_ARGUMENTS)
  readonly #words = new Int32Array(this.#control, 0, ARGUMENTS / 4)
  readonly #arguments = new Float64Array(this.#control, ARGUMENTS)
  readonly #start: (thread: number) => void
  #started = 1
  #threads = 1

  /** @param start  starts a worker that runs workerSource with this place, and need not wait for it */
  constructor(
    { module, memory, exports }: { module: WebAssembly.Module; memory: WebAssembly.Memory; exports: object },
    start: (place: Place) => void,
  ) {
    this.#names = Object.keys(exports)
    this.#kernels = Object.values(exports)
    this.#start = thread => start({ module, memory, control: this.#control, thread })
  }

  /** How many threads there are, this one included. */
  get threads(): number {
    return this.#threads
  }

  set threads(count: number) {
    this.#threads = count
    Atomics.store(this.#words, THREADS, count)
    for (; this.#started < count; this.#started++) this.#start(this.#started)
  }

  /** Run a kernel on all its units, and return when they are done. */
  run(name: string, units: number, values: readonly number[]): void {
    const words = this.#words
    words[UNITS] = units
    // About four portions for each thread: a thread that starts late, or shares its core, takes fewer.
    words[PORTION] = Math.ceil(units / (4 * this.#threads))
    words[KERNEL] = this.#names.indexOf(name)
    words[COUNT] = values.length
    words[NEXT] = 0
    this.#arguments.set(values)
    Atomics.store(words, GATE, OPEN)
    Atomics.add(words, JOB, 1)
    Atomics.notify(words, JOB, this.#threads - 1)
    try {
      takePortions(this.#kernels, this.#control, 0)
    } finally {
      Atomics.sub(words, GATE, OPEN)
      for (let inside = 1; inside > 0; ) {
        for (let spins = 0; inside > 0 && spins < 2000; spins++) inside = Atomics.load(words, GATE)
        if (inside > 0) Atomics.wait(words, GATE, inside)
      }
    }
    if (Atomics.exchange(words, FAILED, 0)) throw new Error(`backends.${name}: a worker failed.`)
  }
}
