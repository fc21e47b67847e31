/**
 * NumPy's SeedSequence: it mixes the words of a seed, so that nearby seeds give unrelated streams.
 *
 * @param seed      an integer >= 0
 * @param spawnKey  the child's path: SeedSequence(seed).spawn(n)[i] has [i]
 * @returns         `count` 32-bit words, as SeedSequence(seed, spawn_key=spawnKey).generate_state(count)
 * @see O'Neill, "Developing a seed_seq alternative", 2015, which defines the hash and the mix
 */
export function seedSequence(seed: bigint, spawnKey: readonly number[], count: number): Uint32Array {
  const pool = mixEntropy(entropy(seed, spawnKey))
  const out = new Uint32Array(count)
  const hash = hasher(0x8b51f9dd, 0x58f38ded)
  for (let i = 0; i < count; i++) out[i] = hash(pool[i % POOL]!)
  return out
}

const POOL = 4

/** The seed's words, least first, then the path's. If there is a path, zeros fill the pool first: no path equals a seed. */
function entropy(seed: bigint, spawnKey: readonly number[]): number[] {
  const words = integerWords(seed)
  if (spawnKey.length > 0) while (words.length < POOL) words.push(0)
  return [...words, ...spawnKey.flatMap(key => integerWords(BigInt(key)))]
}

function integerWords(value: bigint): number[] {
  const words = [Number(value & 0xffffffffn)]
  for (let rest = value >> 32n; rest > 0n; rest >>= 32n) words.push(Number(rest & 0xffffffffn))
  return words
}

function mixEntropy(words: readonly number[]): Uint32Array {
  const pool = new Uint32Array(POOL)
  const hash = hasher(0x43b0d7e5, 0x931e8875)
  for (let i = 0; i < POOL; i++) pool[i] = hash(words[i] ?? 0)
  for (let from = 0; from < POOL; from++)
    for (let to = 0; to < POOL; to++) if (from !== to) pool[to] = mix(pool[to]!, hash(pool[from]!))
  for (const word of words.slice(POOL))
    for (let to = 0; to < POOL; to++) pool[to] = mix(pool[to]!, hash(word))
  return pool
}

/** A hash whose constant changes with every call. */
function hasher(constant: number, multiplier: number): (value: number) => number {
  return value => {
    const mixed = value ^ constant
    constant = Math.imul(constant, multiplier)
    const product = Math.imul(mixed, constant)
    return (product ^ (product >>> 16)) >>> 0
  }
}

function mix(x: number, y: number): number {
  const result = (Math.imul(0xca01f9dd, x) - Math.imul(0x4973f715, y)) | 0
  return (result ^ (result >>> 16)) >>> 0
}
