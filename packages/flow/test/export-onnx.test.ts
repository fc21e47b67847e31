import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRng, oneHot } from '@rectified-flow/core'
import { type ExportOnnxOptions, exportOnnx, loadFlow } from '@rectified-flow/flow/node'
import { type SamplerOptions, sample, TWO_STEP_GRID } from '@rectified-flow/reflow'
import { expectClose } from '@rectified-flow/tools/matchers'
import { runOnnx } from '@rectified-flow/tools/run-onnx'
import * as tf from '@tensorflow/tfjs-core'
import proto from 'onnx-proto'
import { afterAll, beforeAll, expect, it } from 'vitest'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'export-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** An image of the exported model, channels last, and the same one of the flow. */
async function both(name: 'digits' | 'faces' | 'digit-teacher', options: ExportOnnxOptions) {
  const flow = await loadFlow(name)
  const path = join(folder, `${name}.onnx`)
  const files = await exportOnnx(flow, path, options)
  const { imgResolution: side, inChannels: channels, labelDim } = flow.net.config
  const z = createRng(3).normal([1, side, side, channels])
  const labels = labelDim > 0 ? oneHot([5], labelDim) : undefined
  const { dtype, mostBytes, ...sampling } = options
  const { x } = sample(flow.velocity({ classLabels: labels }), z, sampling as SamplerOptions)
  const noise = tf.transpose(z, [0, 3, 1, 2])
  const { images } = await runOnnx(path, { noise, ...(labels && { class_labels: labels }) })
  flow.dispose()
  return { files, images: tf.transpose(images!, [0, 2, 3, 1]), expected: x }
}

it.each<[Parameters<typeof both>[0], ExportOnnxOptions]>([
  ['digits', {}],
  ['digits', { times: TWO_STEP_GRID }],
  ['faces', {}],
  ['faces', { steps: 2, rule: 'reinterpolate' }],
  ['digit-teacher', { steps: 2 }],
])('draws the images of %s in onnxruntime to 1e-5, with %j', async (name, options) => {
  const { images, expected } = await both(name, options)
  await expectClose(images, expected, { rtol: 0, atol: 1e-5 })
})

it('halves the file in float16, and draws the same images to 1 % of their range', async () => {
  const { files, images, expected } = await both('digits', { dtype: 'F16' })
  await expectClose(images, expected, { rtol: 0, atol: 0.02 })
  const flow = await loadFlow('digits')
  const [whole] = await exportOnnx(flow, join(folder, 'whole.onnx'))
  flow.dispose()
  const [half, full] = await Promise.all([stat(files[0]!), stat(whole!)])
  expect(half.size).toBeLessThan(0.6 * full.size)
})

it('puts weights above a limit into a file of their own', async () => {
  const { files, images, expected } = await both('faces', { mostBytes: 100_000 })
  expect(files).toEqual([join(folder, 'faces.onnx'), join(folder, 'faces.onnx.data')])
  await expectClose(images, expected, { rtol: 0, atol: 1e-5 })
})

it('says in the file how its images are made', async () => {
  const flow = await loadFlow('faces')
  const path = join(folder, 'said.onnx')
  await exportOnnx(flow, path, { steps: 2 })
  flow.dispose()
  const { metadataProps } = proto.onnx.ModelProto.decode(await readFile(path))
  const metadata = Object.fromEntries(metadataProps!.map(({ key, value }) => [key, value]))
  const { class_names, ...others } = metadata
  expect(JSON.parse(class_names!)).toHaveLength(8)
  expect(others).toEqual({
    opset: '17',
    network: 'song',
    dtype: 'F32',
    sampler: 'euler',
    rule: 'euler',
    steps: '2',
    preconditioner: 'edm',
    sigma_data: '0.5',
  })
})
