import type { Pcg64 } from './pcg64.js'
import { tablesBase64 } from './ziggurat.generated.js'

/** Where the base strip ends and the tail begins; and 1 / R. */
const R = 3.654152885361009
const INVERSE_R = 0.2736612373297583

const bytes = Uint8Array.from(atob(tablesBase64), char => char.charCodeAt(0))
const view = new DataView(bytes.buffer)
const table = (from: number) =>
  Float64Array.from({ length: 256 }, (_, i) => view.getFloat64(8 * (from + i), true))

/** Per strip: the position (out of 2^52) below which a point is certainly inside, the width / 2^52, the density at the edge. */
const inside = table(0)
const width = table(256)
const density = table(512)

const insideSingle = inside.map(k => Math.round(k * 2 ** -29))
const widthSingle = Float32Array.from(width, w => w * 2 ** 29)
const densitySingle = Float32Array.from(density)

/**
 * Fill `out` with standard normal numbers in float64, NumPy's standard_normal(). About 99 % of them need only one 64-bit
 * output, which gives strip, sign and 52 bits of position.
 *
 * @see Marsaglia and Tsang, "The ziggurat method for generating random variables", 2000
 */
export function fillNormal(generator: Pcg64, out: Float64Array): void {
  for (let i = 0; i < out.length; i++) out[i] = normal(generator)
}

function normal(generator: Pcg64): number {
  for (;;) {
    generator.next()
    const { low, high } = generator
    const strip = low & 0xff
    const position = (high & 0x1fffffff) * 2 ** 23 + (low >>> 9)
    const sign = low & 0x100 ? -1 : 1
    const x = sign * position * width[strip]!
    if (position < inside[strip]!) return x
    if (strip === 0) {
      for (;;) {
        const xx = -INVERSE_R * Math.log1p(-generator.nextDouble())
        const yy = -Math.log1p(-generator.nextDouble())
        if (yy + yy > xx * xx) return low & 0x20000 ? -(R + xx) : R + xx
      }
    }
    const [above, here] = [density[strip - 1]!, density[strip]!]
    if ((above - here) * generator.nextDouble() + here < Math.exp(-0.5 * x * x)) return x
  }
}

/** Fill `out` with NumPy's standard_normal(dtype=float32). It uses 32-bit outputs, so its numbers are not the float64 ones. */
export function fillNormalSingle(generator: Pcg64, out: Float32Array): void {
  for (let i = 0; i < out.length; i++) out[i] = normalSingle(generator)
}

const single = Math.fround

function normalSingle(generator: Pcg64): number {
  for (;;) {
    const word = generator.next32()
    const strip = word & 0xff
    const position = word >>> 9
    const sign = word & 0x100 ? -1 : 1
    const x = single(sign * position * widthSingle[strip]!)
    if (position < insideSingle[strip]!) return x
    if (strip === 0) {
      for (;;) {
        const xx = single(-single(INVERSE_R) * single(Math.log1p(-generator.nextFloat())))
        const yy = -single(Math.log1p(-generator.nextFloat()))
        if (single(yy + yy) > single(xx * xx))
          return word & 0x20000 ? -single(single(R) + xx) : single(single(R) + xx)
      }
    }
    const [above, here] = [densitySingle[strip - 1]!, densitySingle[strip]!]
    const height = single(single(single(above - here) * generator.nextFloat()) + here)
    if (height < Math.exp(-0.5 * x * x)) return x
  }
}
