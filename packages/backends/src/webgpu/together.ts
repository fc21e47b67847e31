import * as tf from '@tensorflow/tfjs-core'
import type { WebgpuBackend } from './backend.js'
import { recordingOf } from './commands/recording.js'
import { aligned, type Place, placeOf, regionOf } from './region.js'

/** What is gathered goes to so many buffers, of at least so many bytes: while a buffer's tensors move, they are there twice. */
const BUFFERS = 16
const LEAST_GATHERED = 2 ** 22

const bytesOf = ({ shape }: tf.TensorInfo): number => 4 * tf.util.sizeFromShape(shape as number[])

/** The bytes of tensors that are in one buffer. */
export const bytesTogether = (tensors: readonly tf.TensorInfo[]): number =>
  tensors.reduce((sum, tensor) => sum + aligned(bytesOf(tensor)), 0)

/** Give new tensors, which have no memory yet, one buffer. */
export function makeTogether(backend: WebgpuBackend, tensors: readonly tf.TensorInfo[]): void {
  const { STORAGE, COPY_SRC, COPY_DST } = GPUBufferUsage
  const buffer = backend.bufferManager.acquireBuffer(bytesTogether(tensors), STORAGE | COPY_SRC | COPY_DST)
  let offset = 0
  for (const tensor of tensors) {
    const size = bytesOf(tensor)
    backend.tensorMap.get(tensor.dataId).resource = regionOf({ buffer, offset, size })
    offset += aligned(size)
  }
}

/**
 * Move tensors that are used together, again and again, into few buffers, so that one dispatch can bind many. Groups that are
 * together already stay where they are, and so does a group that is larger than what can be bound. While commands are
 * recorded it is put off until they were submitted.
 */
export function gather(backend: WebgpuBackend, groups: readonly (readonly tf.TensorInfo[])[]): void {
  const recording = recordingOf(backend)
  if (recording) {
    recording.afterwards(() => gather(backend, groups))
    return
  }
  const { maxStorageBufferBindingSize } = backend.device.limits
  const most = Math.min(
    Math.max(LEAST_GATHERED, bytesTogether(groups.flat()) / BUFFERS),
    maxStorageBufferBindingSize,
  )
  let some: tf.TensorInfo[] = []
  const move = () => {
    if (some.length > 0) moveTogether(backend, some)
    some = []
  }
  for (const group of groups) {
    if (group.some(({ dataId }) => !backend.tensorMap.has(dataId))) continue
    for (const { dataId } of group) backend.uploadToGPU(dataId)
    const buffers = new Set(
      group.map(({ dataId }) => placeOf(backend.tensorMap.get(dataId).resource!).buffer),
    )
    const bytes = bytesTogether(group)
    if (buffers.size === 1 || bytes > maxStorageBufferBindingSize) continue
    if (bytesTogether(some) + bytes > most) move()
    some.push(...group)
  }
  move()
}

function moveTogether(backend: WebgpuBackend, tensors: readonly tf.TensorInfo[]): void {
  const before = tensors.map(({ dataId }) => backend.tensorMap.get(dataId).resource!)
  makeTogether(backend, tensors)
  backend.ensureCommandEncoderReady()
  backend.endComputePassEncoder()
  for (const [i, { dataId }] of tensors.entries()) {
    const { resource } = backend.tensorMap.get(dataId)
    backend.commandEncoder!.copyBufferToBuffer(before[i]!, 0, resource!, 0, before[i]!.size)
  }
  backend.submitQueue()
  for (const buffer of before) backend.bufferManager.releaseBuffer(buffer, false)
}

/**
 * The buffer to bind for a tensor, and where its numbers begin there. It is the whole buffer of several tensors, but not for
 * an argument of a recorded function, which is another one in each run.
 */
export function placeToBind(backend: WebgpuBackend, { dataId }: tf.TensorInfo): Place {
  backend.uploadToGPU(dataId)
  const { resource } = backend.tensorMap.get(dataId)
  const isArgument = recordingOf(backend)?.isArgument(dataId)
  return isArgument ? { buffer: resource!, offset: 0, size: resource!.size } : placeOf(resource!)
}

/** Items in runs, each of at most `mostItems` items which have at most `most` buffers between them. */
export function runsOf<Item>(
  items: readonly Item[],
  buffersOf: (item: Item) => readonly GPUBuffer[],
  { most, mostItems }: { most: number; mostItems: number },
): Item[][] {
  const runs: Item[][] = []
  let bound = new Set<GPUBuffer>()
  for (const item of items) {
    const more = new Set([...bound, ...buffersOf(item)])
    const run = runs.at(-1)
    const fits = run && run.length < mostItems && more.size <= most
    if (fits) run.push(item)
    else runs.push([item])
    bound = fits ? more : new Set(buffersOf(item))
  }
  return runs
}
