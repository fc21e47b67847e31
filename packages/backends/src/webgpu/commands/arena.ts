/** A buffer of the arena, and how many programs use it. */
interface Shared {
  buffer: GPUBuffer
  users: number
  /** The number of the latest `take` that gave it out. */
  taken: number
}

/** A buffer that nobody uses is kept for so many further programs: a function that is not compiled yet comes again. */
const KEPT = 4

const arenas = new WeakMap<GPUDevice, Arena>()

/** The memory of all compiled functions on a device. They run one after the other, so they share it. */
export class Arena {
  readonly #device: GPUDevice
  #shared: Shared[] = [] // the largest first
  #takes = 0

  static of(device: GPUDevice): Arena {
    const known = arenas.get(device) ?? new Arena(device)
    arenas.set(device, known)
    return known
  }

  constructor(device: GPUDevice) {
    this.#device = device
  }

  /** All of its memory in bytes. */
  get bytes(): number {
    return this.#shared.reduce((sum, { buffer }) => sum + buffer.size, 0)
  }

  /**
   * A buffer for each size.
   *
   * @param sizes  in bytes, the largest first
   */
  take(sizes: readonly number[]): { buffers: GPUBuffer[]; release: () => void } {
    this.#takes++
    const given: Shared[] = []
    for (const size of sizes) {
      // The smallest one that is large enough and that this program doesn't have yet.
      const fit = this.#shared.findLast(one => one.buffer.size >= size && !given.includes(one))
      const one = fit ?? this.#make(size)
      one.users++
      one.taken = this.#takes
      given.push(one)
    }
    this.#sweep()
    return {
      buffers: given.map(({ buffer }) => buffer),
      release: () => {
        for (const one of given.splice(0)) one.users--
      },
    }
  }

  #make(size: number): Shared {
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST
    const made = { buffer: this.#device.createBuffer({ size, usage }), users: 0, taken: 0 }
    this.#shared.push(made)
    this.#shared.sort((a, b) => b.buffer.size - a.buffer.size)
    return made
  }

  #sweep(): void {
    const old = ({ users, taken }: Shared) => users === 0 && taken + KEPT <= this.#takes
    for (const one of this.#shared) if (old(one)) one.buffer.destroy()
    this.#shared = this.#shared.filter(one => !old(one))
  }
}
