import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { useBackend } from '@rectified-flow/backends'
import { createRng, indexedNormal } from '@rectified-flow/core'
import { readDigitFeatures } from '@rectified-flow/eval-fid/node'
import {
  classOfSeed,
  type Flow,
  flowOf,
  loadFlow as loadFromBytes,
  shippedNetworks,
  toPng,
} from '@rectified-flow/flow'
import { loadFlow, shippedFile } from '@rectified-flow/flow/node'
import { sample } from '@rectified-flow/reflow'
import { expectNoLeak } from '@rectified-flow/tools/leaks'
import { createUNet, edmVelocity, presets, saveUNet } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, expect, test } from 'vitest'

let folder: string
let tiny: string
let server: Server
let address: string

beforeAll(async () => {
  if (!process.env.BACKEND) await useBackend('wasm') // the cpu backend takes five times as long
  folder = await mkdtemp(join(tmpdir(), 'flow-'))
  tiny = join(folder, 'network.safetensors')
  const size = { imgResolution: 8, inChannels: 1, outChannels: 1 }
  const net = createUNet({ ...size, modelChannels: 8, channelMult: [1], numBlocks: 1 }, { rng: createRng(3) })
  await writeFile(tiny, await saveUNet(net))
  net.dispose()
  server = createServer(async (request, response) => {
    if (request.url !== '/tiny.safetensors') response.writeHead(404).end()
    else response.end(await readFile(tiny))
  }).listen(0)
  await new Promise(resolve => server.once('listening', resolve))
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterAll(async () => {
  server.close()
  await rm(folder, { recursive: true })
})

async function drawn(flow: Flow, ...how: Parameters<Flow['sample']>): Promise<number[]> {
  const x = flow.sample(...how)
  const values = [...(await x.data())]
  x.dispose()
  return values
}

test('a network comes from its path, the folder of its run, its address or its bytes', async () => {
  const bytes = await readFile(tiny)
  const sources = [tiny, pathToFileURL(tiny), folder, `${address}/tiny.safetensors`, bytes]
  const flows = await Promise.all([...sources.map(one => loadFlow(one)), loadFromBytes(bytes)])
  const images = await Promise.all(flows.map(flow => drawn(flow, 2)))
  for (const one of images) expect(one).toEqual(images[0])
  for (const flow of flows) flow.dispose()
})

test('a sample is what the sampler of reflow draws from the noise of its seed', async () => {
  const flow = await loadFlow(tiny)
  const z = indexedNormal(createRng(0), [5, 6, 7], [8, 8, 1])
  const { x } = sample(edmVelocity(flow.net), z, { steps: 3 })
  expect(await drawn(flow, 3, { seed: 5, steps: 3 })).toEqual([...(await x.data())])
  tf.dispose([z, x])
  flow.dispose()
})

test('an image is the same in any number of images, and other steps give another', async () => {
  const flow = await loadFlow(tiny)
  const many = await drawn(flow, 70, { steps: 2 })
  expect(many).toHaveLength(70 * 64)
  const one = await drawn(flow, 1, { seed: 66, steps: 2 })
  const [near, far] = [many.slice(66 * 64, 67 * 64), many.slice(0, 64)]
  const distance = (a: number[]) => Math.max(...a.map((value, i) => Math.abs(value - one[i]!)))
  expect(distance(near)).toBeLessThan(1e-5)
  expect(distance(far)).toBeGreaterThan(0.1)
  expect(await drawn(flow, 1, { seed: 66, steps: 1 })).not.toEqual(one)
  flow.dispose()
})

test('nothing leaks', async () => {
  await expectNoLeak(async () => {
    const flow = await loadFlow(tiny)
    flow.sample(2, { steps: 2 }).dispose()
    flow.sample(2, { steps: 1 }).dispose()
    flow.dispose()
  })
})

test('the shipped digits are the digits asked for, in one step', async () => {
  const flow = await loadFlow('digits')
  const reader = await readDigitFeatures()
  const read = async (x: tf.Tensor4D) => {
    const classes = tf.tidy(() => tf.argMax(reader.measure(x, ['logits']).logits!, 1))
    const found = [...(await classes.data())]
    tf.dispose([x, classes])
    return found
  }
  const sevens = await read(flow.sample(6, { class: 7 }))
  expect(sevens.filter(digit => digit === 7).length).toBeGreaterThanOrEqual(5)
  const any = await read(flow.sample(12))
  const asked = Array.from({ length: 12 }, (_, seed) => classOfSeed(seed, 10))
  expect(any.filter((digit, i) => digit === asked[i]).length).toBeGreaterThanOrEqual(10)
  reader.dispose()
  flow.dispose()
})

test('the list names a file for every shipped network', async () => {
  for (const name of Object.keys(shippedNetworks)) expect(await readFile(shippedFile(name)!)).toBeTruthy()
  expect(shippedFile('toString')).toBeUndefined()
})

test('toPng makes a picture of a tensor', async () => {
  const flow = await loadFlow(tiny)
  const x = flow.sample(4)
  expect([...(await toPng(x)).subarray(1, 4)]).toEqual([...Buffer.from('PNG')])
  x.dispose()
  flow.dispose()
})

test('what cannot be loaded is named', async () => {
  await expect(loadFlow('digit')).rejects.toThrow(
    "flow.loadFlow: source must be a file, a run's folder, an address or one of digits, digit-teacher, faces, face-teacher, got 'digit' (ENOENT).",
  )
  await expect(loadFlow(`${address}/other`)).rejects.toThrow(
    `flow.loadFlow: source must be an address that can be fetched, got status 404 from '${address}/other'.`,
  )
  await expect(loadFlow(new Uint8Array(20))).rejects.toThrow(
    'checkpoints.readCheckpoint: bytes must be a safetensors',
  )
})

test('a file of weights alone needs a configuration', () => {
  const tensors = new Map()
  expect(() => flowOf({ tensors, metadata: {} })).toThrow(
    'flow.flowOf: config must be given for a file that holds only weights, got undefined. For example, pass { config: presets.cifar10 }.',
  )
  expect(() => flowOf({ tensors, metadata: {} }, { config: presets.cifar10 })).toThrow(/missing|must hold/)
})

test('dropout replaces that of the file', async () => {
  const [plain, other] = [await loadFlow(tiny), await loadFlow(tiny, { dropout: 0.3 })]
  expect([plain.net.config.dropout, other.net.config.dropout]).toEqual([0.1, 0.3])
  expect(await drawn(other, 1)).toEqual(await drawn(plain, 1)) // it is off when drawing
  plain.dispose()
  other.dispose()
})

test('labelDropout replaces that of the file', async () => {
  const flow = await loadFlow(tiny, { labelDropout: 0.25 })
  expect(flow.net.config.labelDropout).toBe(0.25)
  flow.dispose()
})

test('options of a sample are checked', async () => {
  const flow = await loadFlow(tiny)
  // @ts-expect-error misspelt
  expect(() => flow.sample(1, { step: 4 })).toThrow("got 'step'. Did you mean steps?")
  expect(() => flow.sample(0)).toThrow('flow.Flow.sample: count must be an integer >= 1, got 0.')
  expect(() => flow.sample(1, { class: 3 })).toThrow(
    'flow.Flow: class must be absent, because the network has no classes, got 3.',
  )
  flow.dispose()
  const digits = await loadFlow('digits')
  expect(() => digits.sample(1, { class: 10 })).toThrow(
    'core.classNumber: label must be an integer in [0, 9], got 10.',
  )
  digits.dispose()
})
