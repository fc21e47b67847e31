import { createRng } from '@rectified-flow/core'
import { expect, it } from 'vitest'
import { enableVectors, wideKernels } from '../../src/node/vectors.js'
import { bytesOf, hasRelaxedSimd } from '../../src/wasm/binary.js'
import type { Functions } from '../../src/wasm/functions.generated.js'
import { binaryBase64 as relaxed } from '../../src/wasm/relaxed-simd.generated.js'
import { binaryBase64 as wide } from '../../src/wasm/wide-simd.generated.js'

// The kernels for wide vectors compute two panels of 8 outputs at once, and eight channels where the others have four: each number
// must have the same bits. Their instructions are valid without wide vectors too, so any Node runs this test, but only some with
// such vectors.
await enableVectors()
const compileWide = (await wideKernels())?.compile

/** A binary with a memory of its own, in which tensors are placed one after the other. */
class World {
  readonly kernels: Functions
  readonly #memory = new WebAssembly.Memory({ initial: 256, maximum: 65536 })
  #end = 64

  constructor(binaryBase64: string, compile = (binary: BufferSource) => new WebAssembly.Module(binary)) {
    const module = compile(bytesOf(binaryBase64) as BufferSource)
    const instance = new WebAssembly.Instance(module, { env: { memory: this.#memory } })
    this.kernels = instance.exports as unknown as Functions
  }

  /** The address of a new tensor: of normal numbers that depend on the seed, or of NaN. */
  tensor(size: number, seed?: number): number {
    const at = this.#end
    this.#end = 64 * Math.ceil((at + 4 * size) / 64)
    const numbers =
      seed === undefined ? new Float32Array(size).fill(Number.NaN) : createRng(seed).normals(size)
    new Float32Array(this.#memory.buffer, at, size).set(numbers)
    return at
  }

  read = (at: number, size: number) => new Float32Array(this.#memory.buffer, at, size).slice()
}

type Work = (world: World) => Float32Array[]

const scratch = (world: World) => [world.tensor(400_000), 0] as const

/** A convolution by pixels, with a bias. */
function pixels([h, w, c, o]: readonly number[], side: number): Work {
  return world => {
    const { kernels } = world
    const [x, filter, bias] = [
      world.tensor(h! * w! * c!, 1),
      world.tensor(side * side * c! * o!, 2),
      world.tensor(o!, 3),
    ]
    const rows = side * side * c!
    const packed = world.tensor(8 * Math.ceil(o! / 8) * (rows + 1))
    kernels.packFilter(filter, bias, packed, rows, o!, 0, rows + 1)
    const y = world.tensor(h! * w! * o!)
    const top = (side - 1) / 2
    const sizes = [h, w, c, h, w, o, side, side, 1, 1, top, top] as number[]
    const conv2d = kernels.conv2d as (...numbers: number[]) => void
    conv2d(
      x,
      packed,
      0,
      world.tensor(h! * w! * o!, 4),
      0.7,
      y,
      ...scratch(world),
      ...sizes,
      2,
      0,
      Math.ceil(h! / 2),
      0,
    )
    const dw = world.tensor(side * side * c! * o!)
    const gradient = kernels.conv2dBackpropFilter as (...numbers: number[]) => void
    gradient(x, y, dw, ...scratch(world), 1, ...sizes, 2, 0, Math.ceil(c! / 4) * side * side, 0)
    return [world.read(y, h! * w! * o!), world.read(dw, side * side * c! * o!)]
  }
}

/** A convolution by tiles, with its filter transformed before or by each unit, and the gradient of its filter. */
function tiles([h, w, c, o]: readonly number[], here: boolean, turned: boolean): Work {
  return world => {
    const { kernels } = world
    const [x, filter, bias] = [
      world.tensor(2 * h! * w! * c!, 1),
      world.tensor(9 * c! * o!, 2),
      world.tensor(o!, 3),
    ]
    const count = 2 * Math.ceil(h! / 4) * Math.ceil(w! / 4)
    const panels = Math.ceil(o! / 8)
    const transformed = world.tensor(36 * panels * 8 * (c! + 64))
    if (!here) kernels.winogradFilter(filter, turned, transformed, ...scratch(world), c!, o!, 0, panels, 0)
    const y = world.tensor(2 * h! * w! * o!)
    const [unitTiles, unitPanels] = here ? [4 * Math.ceil(count / 4), 3] : [4, panels]
    const units = Math.ceil(count / unitTiles!) * Math.ceil(panels / unitPanels!)
    const sizes = [h, w, c, h, w, o, 1, 1] as [number, number, number, number, number, number, number, number]
    kernels.winograd(
      x,
      here ? filter : transformed,
      turned,
      bias,
      here ? 0 : world.tensor(2 * h! * w! * o!, 5),
      0.7,
      y,
      ...scratch(world),
      ...sizes,
      count,
      unitTiles!,
      unitPanels!,
      0,
      units,
      0,
    )
    const steps = [32 * count * Math.ceil(c! / 8) + 64, 4 * count * 8 * panels + 64] as const
    const xs = world.tensor(9 * steps[0])
    const dys = world.tensor(9 * steps[1], 4)
    kernels.winogradGradientTiles(
      x,
      y,
      xs,
      steps[0],
      dys,
      steps[1],
      ...scratch(world),
      ...sizes,
      0,
      count,
      0,
      count,
      0,
    )
    const sums = world.tensor(36 * c! * o!)
    const products = [xs, steps[0], 32 * count, dys, steps[1], 32 * count, sums, count, c!, o!] as const
    kernels.panelProducts(...products, false, 0, 36 * (c! / 4))
    kernels.panelProducts(...products, true, 0, 36 * (c! / 4))
    const dw = world.tensor(9 * c! * o!)
    kernels.winogradGradientFilter(sums, dw, ...scratch(world), c!, o!, 0, c!, 0)
    return [world.read(y, 2 * h! * w! * o!), world.read(dw, 9 * c! * o!)]
  }
}

function attention(n: number, channels: number, heads: number): Work {
  return world => {
    const { kernels } = world
    const qkv = world.tensor(2 * n * 3 * channels, 1)
    const d = channels / heads
    const keys = world.tensor(2 * heads * 8 * Math.ceil(n / 8) * d)
    const values = world.tensor(2 * heads * 8 * Math.ceil(d / 8) * n)
    const [y, sums] = [world.tensor(2 * n * channels), world.tensor(2 * heads * n)]
    kernels.packHeads(qkv, keys, values, n, channels, heads, 0, 2 * heads)
    const units = 2 * heads * Math.ceil(n / 32)
    const sizes = [n, channels, heads, 0.3, 0, units, 0] as const
    kernels.attention(qkv, keys, values, y, sums, ...scratch(world), ...sizes)
    return [world.read(y, 2 * n * channels), world.read(sums, 2 * heads * n)]
  }
}

function groupNorm(channels: number, groups: number, activate: boolean): Work {
  return world => {
    const { kernels } = world
    const size = 2 * 150 * channels
    const [x, dy, gamma, beta] = [
      world.tensor(size, 1),
      world.tensor(size, 2),
      world.tensor(channels, 3),
      world.tensor(channels, 4),
    ]
    const [y, mean, rstd] = [world.tensor(size), world.tensor(2 * groups), world.tensor(2 * groups)]
    const [dx, dgammas, dbetas] = [world.tensor(size), world.tensor(2 * channels), world.tensor(2 * channels)]
    const sizes = [150, channels, groups, groups] as const
    const norm = [x, gamma, beta, 0, 0, y, mean, rstd, ...scratch(world), ...sizes] as const
    kernels.groupNorm(...norm, 1e-5, activate, 0, 2, 0)
    const places = [x, dy, gamma, beta, 0, 0, mean, rstd, dx, dgammas, dbetas, 0, 0] as const
    kernels.groupNormGradient(...places, ...scratch(world), ...sizes, activate, 0, 2, 0)
    return [
      world.read(y, size),
      world.read(dx, size),
      world.read(dgammas, 2 * channels),
      world.read(dbetas, 2 * channels),
    ]
  }
}

function softmax(rows: number, columns: number): Work {
  return world => {
    const x = world.tensor(rows * columns, 1)
    const y = world.tensor(rows * columns)
    world.kernels.softmax(x, y, ...scratch(world), columns, 0, rows, 0)
    return [world.read(y, rows * columns)]
  }
}

const works: Record<string, Work> = {
  'a 1x1 convolution, two panels': pixels([6, 5, 12, 16], 1),
  'a 3x3 convolution, one panel and a part': pixels([5, 7, 5, 11], 3),
  'a 3x3 convolution, three panels': pixels([4, 4, 3, 24], 3),
  'a 3x3 convolution, a part of a panel': pixels([4, 4, 6, 3], 3),
  'tiles, their filter before them': tiles([9, 6, 20, 36], false, false),
  'tiles, many inputs': tiles([8, 8, 136, 16], false, true),
  'few tiles': tiles([5, 4, 72, 44], true, false),
  'few tiles, turned': tiles([4, 8, 80, 40], true, true),
  'attention of one head': attention(41, 20, 1),
  'attention of three heads': attention(64, 72, 3),
  'group norm with SiLU': groupNorm(36, 4, true),
  'group norm': groupNorm(24, 24, false),
  softmax: softmax(3, 44),
}

it.runIf(hasRelaxedSimd()).each(Object.entries(works))('gives the same bits: %s', (_, work) => {
  const expected = work(new World(relaxed))
  const actual = work(new World(wide, compileWide))
  for (const [i, numbers] of expected.entries()) {
    expect(numbers.every(Number.isFinite)).toBe(true)
    expect(actual[i]!.findIndex((number, at) => !Object.is(number, numbers[at]))).toBe(-1)
  }
})

it('has at most 32 functions, which is as many as V8 can be asked to optimise at once', () => {
  const bytes = bytesOf(wide)
  // Sections: a byte that says which one, and its size, a number with 7 bits a byte. Functions are the third.
  for (let at = 8; at < bytes.length; ) {
    const section = bytes[at++]
    let [size, shift] = [0, 0]
    do size |= (bytes[at]! & 127) << (7 * shift++)
    while (bytes[at++]! & 128)
    if (section === 3) return expect(bytes[at]).toBeLessThanOrEqual(32)
    at += size
  }
  throw new Error('no functions')
})
