import { type BackendName, useBackend } from '@rectified-flow/backends'
import { createRng } from '@rectified-flow/core'
import { expectClose } from '@rectified-flow/tools/matchers'
import { scope } from '@rectified-flow/tools/scope'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { WebgpuBackend } from '../../src/webgpu/backend.js'
import { filterGradient } from '../../src/webgpu/convolution/filter-gradient.js'
import { forward } from '../../src/webgpu/convolution/forward.js'
import type { ConvInfo } from '../../src/webgpu/convolution/image-text.js'
import { inputGradient } from '../../src/webgpu/convolution/input-gradient.js'
import { planOf, runPlan } from '../../src/webgpu/convolution/plan.js'
import type { Product } from '../../src/webgpu/convolution/product.js'
import { nameOf, variants } from '../../src/webgpu/convolution/variants.js'
import { dispatch } from '../../src/webgpu/dispatch.js'
import { bindings } from '../../src/webgpu/shader-text.js'
import { eachProduct } from '../each-product.js'

const original = process.env.BACKEND ?? 'cpu'
const opened = await useBackend('webgpu-software').catch((error: Error) => error)

afterAll(() => useBackend(original as BackendName))

type Shape = [number, number, number, number]
const infoOf = (x: Shape, filter: Shape, strides: number): ConvInfo =>
  tf.backend_util.computeConv2DInfo(x, filter, strides, 1, 'same')

/** More than a tile of every product, with channels that divide by 4; and odd sizes with strides. */
const even = infoOf([1, 10, 14, 16], [3, 3, 16, 132], 1)
const odd = infoOf([2, 9, 11, 3], [3, 2, 3, 7], 2)

/** Sums of up to 1,200 products of size 1. */
const long = { rtol: 1e-4, atol: 5e-5 }

/** The numbers as the device rounds them to float16: to the nearest, or towards 0, as SwiftShader does. */
async function toHalf(values: Float32Array): Promise<Float32Array> {
  const [x, y] = [tf.tensor1d(values.slice()), tf.tensor1d(values.slice())]
  dispatch(tf.backend() as unknown as WebgpuBackend, {
    shader: `
${bindings({ read: ['x'], write: ['y'] })}
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x < arrayLength(&x)) { y[id.x] = quantizeToF16(x[id.x]); }
}`,
    read: [x],
    write: [y],
    workgroups: [Math.ceil(x.size / 64)],
  })
  const halves = (await tf.mul(y, 1).data()) as Float32Array
  for (const [i, half] of halves.entries()) {
    const step = 2 ** (Math.floor(Math.log2(Math.abs(half))) - 10)
    expect(Math.abs(half - values[i]!)).toBeLessThan(step)
    expect(half % step).toBeCloseTo(0, 15)
  }
  return halves
}

type Numbers = ArrayLike<number>

interface Case {
  product: Product
  factors: [number[], number[]]
  results: number[][]
  /** In float64. */
  expected(a: Numbers, b: Numbers): Float64Array[]
}

function casesOf(info: ConvInfo): Case[] {
  const filter = [info.filterHeight, info.filterWidth, info.inChannels, info.outChannels]
  const zeros = (shape: number[]) => new Float64Array(tf.util.sizeFromShape(shape))
  return [
    {
      product: forward(info, { bias: false, skip: false, scale: 0.5 }),
      factors: [info.inShape, filter],
      results: [info.outShape],
      expected(x, w) {
        const y = zeros(info.outShape)
        eachProduct(info, (i, j, k) => {
          y[k]! += 0.5 * x[i]! * w[j]!
        })
        return [y]
      },
    },
    {
      product: inputGradient(info),
      factors: [info.outShape, filter],
      results: [info.inShape],
      expected(dy, w) {
        const dx = zeros(info.inShape)
        eachProduct(info, (i, j, k) => {
          dx[i]! += dy[k]! * w[j]!
        })
        return [dx]
      },
    },
    {
      product: filterGradient(info, { bias: true }),
      factors: [info.inShape, info.outShape],
      results: [filter, [info.outChannels]],
      expected(x, dy) {
        const [gradient, bias] = [zeros(filter), new Float64Array(info.outChannels)]
        eachProduct(info, (i, j, k) => {
          gradient[j]! += x[i]! * dy[k]!
        })
        for (let k = 0; k < dy.length; k++) bias[k % info.outChannels]! += dy[k]!
        return [gradient, bias]
      },
    },
  ]
}

// Needs the optional package webgpu and a software Vulkan driver.
describe.runIf(!(opened instanceof Error))('convolutions on WebGPU, in float64', () => {
  beforeAll(() => useBackend('webgpu-software'))

  const withThreads = variants.filter(({ element }) => element !== 'f16')
  it.each(withThreads.map(variant => [nameOf(variant), variant] as const))('%s', async (_, variant) => {
    const backend = tf.backend() as unknown as WebgpuBackend
    const rounds = variant.element === 'rounded'
    for (const { product, factors, results, expected } of casesOf(rounds ? odd : even))
      await scope(async () => {
        const numbers = factors.map((shape, i) => createRng(i).normals(tf.util.sizeFromShape(shape)))
        const depth = variant.depth * Math.ceil(product.depth / variant.depth / (rounds ? 2 : 1))
        const plan = planOf(product, variant, { parts: Math.ceil(product.depth / depth), depth })
        const written = results.map(shape =>
          tf.engine().makeTensorFromTensorInfo(backend.makeTensorInfo(shape, 'float32')),
        )
        const read = numbers.map((values, i) => tf.tensor(values.slice(), factors[i]!))
        runPlan(backend, plan, { factors: read, added: [], results: written })
        const [a, b] = rounds ? await Promise.all(numbers.map(toHalf)) : numbers
        const exact = expected(a!, b!)
        // A bias's gradient sums what was not rounded.
        if (rounds && exact[1]) exact[1] = expected(numbers[0]!, numbers[1]!)[1]!
        for (const [i, tensor] of written.entries())
          await expectClose(tensor, tf.tensor(Float32Array.from(exact[i]!), results[i]!), long)
      })
  })
})
