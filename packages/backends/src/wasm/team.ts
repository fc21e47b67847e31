/** What a thread needs to take part; all of it can be posted to one. */
export interface Place {
  module: WebAssembly.Module
  memory: WebAssembly.Memory
  control: SharedArrayBuffer
  /** From 1 on; the main thread is 0. */
  thread: number
}

/** A kernel whose last parameters are the first unit of work, the last one + 1 and the thread. */
type Kernel = (...numbers: number[]) => void

// The words of the control block, which end with a job's arguments. Threads enter a job through its gate, which closes
// before the next job is written: whoever wakes too late finds it closed, and nobody waits for him.
const JOB = 0 // counts jobs; threads sleep on it
const GATE = 1 // how many workers are inside, plus OPEN
const NEXT = 2 // the first unit that nobody has taken
const UNITS = 3
const PORTION = 4 // the units that are taken at once
const KERNEL = 5
const COUNT = 6 // of arguments
const THREADS = 7 // workers with a higher number stay out
const FAILED = 8
const OPEN = 1 << 16
const ARGUMENTS = 64 // bytes before them
const MOST_ARGUMENTS = 40

/** Take portions of the job that is open until none is left. */
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

/** The life of a worker. */
function serve({ module, memory, control, thread }: Place, take: typeof takePortions): void {
  const words = new Int32Array(control, 0, 16)
  const kernels = Object.values(new WebAssembly.Instance(module, { env: { memory } }).exports) as Kernel[]
  let job = 0
  for (;;) {
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

/** The JavaScript that a worker runs, given an expression for its Place: the text of the two functions above. */
export const workerSource = (place: string) => `(${serve})(${place}, ${takePortions})`

/** Threads that share out the units of a kernel's work. Which of them does a unit makes no difference to its numbers. */
export class Team {
  readonly #kernels: Kernel[]
  readonly #names: string[]
  readonly #control = new SharedArrayBuffer(ARGUMENTS + 8 * MOST_ARGUMENTS)
  readonly #words = new Int32Array(this.#control, 0, ARGUMENTS / 4)
  readonly #arguments = new Float64Array(this.#control, ARGUMENTS)
  readonly #start: (thread: number) => void
  #started = 1
  #threads = 1

  /** @param start  starts a worker that runs workerSource at this place; it may take its time */
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

  /** Run a kernel over its units, and return when they are done. */
  run(name: string, units: number, values: readonly number[]): void {
    const words = this.#words
    words[UNITS] = units
    // A few portions for each: a thread that starts late, or shares its core, takes fewer.
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
