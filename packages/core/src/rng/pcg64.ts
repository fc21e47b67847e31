// The multiplier 0x2360ED051FC65DA44385DF649FCCF645, as halves of its 32-bit words: low and high of each, least word first.
const [L0, H0, L1, H1] = [0xf645, 0x9fcc, 0xdf64, 0x4385]
const [L2, H2, L3, H3] = [0x5da4, 0x1fc6, 0xed05, 0x2360]

const HALF = 2 ** 16
const WORD = 2 ** 32

/**
 * PCG64 (XSL-RR 128/64), NumPy's default bit generator. Words are 32-bit, least first.
 *
 * A step with BigInt would take a microsecond. Here each product of a 32-bit word and a 16-bit half of the multiplier is
 * below 2^48, so that the sum of a column is exact in float64.
 *
 * @see O'Neill, "PCG: a family of simple fast space-efficient statistically good algorithms", 2014
 */
export class Pcg64 {
  readonly #state: Uint32Array
  readonly #increment: Uint32Array

  /** The last 64-bit output. */
  low = 0
  high = 0
  #spare = -1

  constructor(state: Uint32Array, increment: Uint32Array) {
    this.#state = state
    this.#increment = increment
  }

  /** Seeded as NumPy does, from eight words of a SeedSequence. Two words are 64 bits; the most significant two come first. */
  static seeded(words: Uint32Array): Pcg64 {
    const at = (i: number) => words[i]!
    const start = [at(2), at(3), at(0), at(1)]
    const stream = [at(6), at(7), at(4), at(5)] as const
    const increment = Uint32Array.from(stream, (word, i) => (word << 1) | (i > 0 ? stream[i - 1]! >>> 31 : 1))
    const state = new Uint32Array(4)
    const generator = new Pcg64(state, increment)
    generator.next()
    let carry = 0
    for (let i = 0; i < 4; i++) {
      const total = state[i]! + start[i]! + carry
      state[i] = total
      carry = total >= WORD ? 1 : 0
    }
    generator.next()
    return generator
  }

  /** Step, and put the next 64 bits into `low` and `high`. */
  next(): void {
    const [state, increment] = [this.#state, this.#increment]
    const s0 = state[0]!
    const s1 = state[1]!
    const s2 = state[2]!
    const s3 = state[3]!

    let high = s0 * H0
    let rest = Math.floor(high / HALF)
    let total = increment[0]! + s0 * L0 + (high - rest * HALF) * HALF
    let carry = Math.floor(total / WORD)
    const t0 = total - carry * WORD

    carry += rest
    high = s0 * H1 + s1 * H0
    rest = Math.floor(high / HALF)
    total = increment[1]! + carry + s0 * L1 + s1 * L0 + (high - rest * HALF) * HALF
    carry = Math.floor(total / WORD)
    const t1 = total - carry * WORD

    carry += rest
    high = s0 * H2 + s1 * H1 + s2 * H0
    rest = Math.floor(high / HALF)
    total = increment[2]! + carry + s0 * L2 + s1 * L1 + s2 * L0 + (high - rest * HALF) * HALF
    carry = Math.floor(total / WORD)
    const t2 = total - carry * WORD

    carry += rest
    high = s0 * H3 + s1 * H2 + s2 * H1 + s3 * H0
    rest = Math.floor(high / HALF)
    total = increment[3]! + carry + s0 * L3 + s1 * L2 + s2 * L1 + s3 * L0 + (high - rest * HALF) * HALF
    const t3 = total - Math.floor(total / WORD) * WORD

    state[0] = t0
    state[1] = t1
    state[2] = t2
    state[3] = t3

    // The exclusive or of the two halves, rotated right by the state's top six bits.
    const low = t2 ^ t0
    const top = t3 ^ t1
    const turn = t3 >>> 26
    const a = turn < 32 ? low : top
    const b = turn < 32 ? top : low
    // JavaScript takes a shift's count modulo 32, so that << 32 would do nothing. Two shifts move out all bits.
    this.low = ((a >>> turn) | ((b << 1) << (31 - (turn & 31)))) >>> 0
    this.high = ((b >>> turn) | ((a << 1) << (31 - (turn & 31)))) >>> 0
  }

  /** The next 32 bits: the low half of a 64-bit output, then its high half. */
  next32(): number {
    if (this.#spare >= 0) {
      const word = this.#spare
      this.#spare = -1
      return word
    }
    this.next()
    this.#spare = this.high
    return this.low
  }

  /** A float64 in [0, 1) with 53 random bits. */
  nextDouble(): number {
    this.next()
    return (this.high * 2 ** 21 + (this.low >>> 11)) * 2 ** -53
  }

  /** A float32 in [0, 1) with 24 random bits. */
  nextFloat(): number {
    return (this.next32() >>> 8) * 2 ** -24
  }

  /** An integer in [0, below), below <= 2^32, without bias (Lemire, arXiv 1805.10941). */
  nextBelow(below: number): number {
    if (below === 1) return 0
    if (below === WORD) return this.next32()
    const threshold = (WORD - below) % below
    for (;;) {
      const word = this.next32()
      // word * below in two parts, which are exact: both are less than 2^48.
      const upper = word * (below >>> 16)
      const lower = word * (below & 0xffff)
      const middle = (upper % HALF) * HALF + (lower % WORD)
      if (middle % WORD >= threshold)
        return Math.floor(upper / HALF) + Math.floor(lower / WORD) + Math.floor(middle / WORD)
    }
  }

  /** An integer in [0, max], max < 2^31, without bias: mask a word, and draw again while it is above max. NumPy shuffles so. */
  nextUpTo(max: number): number {
    const mask = 0xffffffff >>> Math.clz32(max)
    for (;;) {
      const word = (this.next32() & mask) >>> 0
      if (word <= max) return word
    }
  }

  /** State and increment, 16 bytes each, big endian. */
  bytes(): Uint8Array {
    const out = new Uint8Array(32)
    const view = new DataView(out.buffer)
    for (let i = 0; i < 4; i++) {
      view.setUint32(12 - 4 * i, this.#state[i]!)
      view.setUint32(28 - 4 * i, this.#increment[i]!)
    }
    return out
  }

  static fromBytes(bytes: Uint8Array): Pcg64 {
    const view = new DataView(bytes.buffer, bytes.byteOffset, 32)
    const words = (end: number) => Uint32Array.from({ length: 4 }, (_, i) => view.getUint32(end - 4 * i))
    return new Pcg64(words(12), words(28))
  }
}
