import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeOnnx, encodeOnnxApart, type OnnxModel, onnxBytes, toOnnx } from '@rectified-flow/backends/onnx'
import { createRng } from '@rectified-flow/core'
import { exact, expectClose, f32 } from '@rectified-flow/tools/matchers'
import { runOnnx } from '@rectified-flow/tools/run-onnx'
import * as tf from '@tensorflow/tfjs-core'
import proto from 'onnx-proto'
import { beforeAll, expect, it, onTestFinished } from 'vitest'

const { ModelProto, TensorProto } = proto.onnx
let weights: tf.Tensor2D
let model: OnnxModel
beforeAll(async () => {
  weights = createRng(0).normal([20, 30])
  model = await toOnnx(linear, { x: ['B', 20] }, { metadata: { sampler: 'euler' } })
})
const linear = ({ x }: { x: tf.Tensor }) => ({ y: tf.add(tf.matMul(x as tf.Tensor2D, weights), 0.5) })

it("writes what ONNX's own schema reads", async () => {
  const read = ModelProto.decode(encodeOnnx(model))
  expect(ModelProto.verify(read)).toBeNull()
  const { graph, opsetImport, metadataProps, producerName, irVersion } = ModelProto.toObject(read, {
    longs: Number,
  })
  expect([producerName, irVersion]).toEqual(['rectified-flow', 8])
  expect(opsetImport).toEqual([{ domain: '', version: 17 }])
  expect(metadataProps).toEqual([{ key: 'sampler', value: 'euler' }])
  expect(graph.node.map((node: { opType: string }) => node.opType)).toEqual(['MatMul', 'Add', 'Identity'])
  const dims = (length: number) => ({ shape: { dim: [{ dimParam: 'batch' }, { dimValue: length }] } })
  expect(graph.input).toEqual([{ name: 'x', type: { tensorType: { elemType: 1, ...dims(20) } } }])
  expect(graph.output).toEqual([{ name: 'y', type: { tensorType: { elemType: 1, ...dims(30) } } }])
  const [first] = graph.initializer
  expect(first).toMatchObject({ dims: [20, 30], dataType: 1 })
  expect(Buffer.from(first.rawData)).toEqual(Buffer.from((await weights.data()).slice().buffer))
})

it('puts weights into a second file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'onnx-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const { model: first, data } = encodeOnnxApart(model, 'second.data')
  expect(data.map(part => part.length)).toEqual([2400])
  const read = ModelProto.decode(first)
  const [apart, inside] = read.graph!.initializer!
  expect(apart!.dataLocation).toBe(TensorProto.DataLocation.EXTERNAL)
  expect(apart!.externalData).toMatchObject([
    { key: 'location', value: 'second.data' },
    { key: 'offset', value: '0' },
    { key: 'length', value: '2400' },
  ])
  expect(inside!.rawData).toHaveLength(4)

  await writeFile(join(folder, 'first.onnx'), first)
  await writeFile(join(folder, 'second.data'), Buffer.concat(data))
  const x = createRng(1).normal([3, 20])
  const [{ y }, whole] = [
    await runOnnx(join(folder, 'first.onnx'), { x }),
    await runOnnx(encodeOnnx(model), { x }),
  ]
  await expectClose(y!, whole.y!, exact)
  await expectClose(y!, linear({ x }).y, f32)
})

it('refuses a file of more than 2 GB', () => {
  const data = { byteLength: 2 ** 31 } as Float32Array
  const large: OnnxModel = { ...model, tensors: [{ name: 'w', dtype: 'float32', shape: [2 ** 29], data }] }
  expect(onnxBytes(large)).toBe(2 ** 31)
  expect(() => encodeOnnx(large)).toThrow(
    'backends.encodeOnnx: model must have weights of at most 2147483647 bytes, got 2147483648. encodeOnnxApart puts them in a second file.',
  )
})
