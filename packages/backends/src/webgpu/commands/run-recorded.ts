import * as tf from '@tensorflow/tfjs-core'
import { aliasesOf, isStream, mapLeaves, streamsIn, tensorsIn } from '../../compile/arguments.js'
import type { Body } from '../../compile/compilers.js'
import { Draws } from '../../compile/draws.js'
import type { Recorded } from '../../compile/recorded-runs.js'
import { tensorsOf } from '../../compile/results.js'
import type { WebgpuBackend } from '../backend.js'
import { computeAll } from '../lazy.js'
import { placeOf, regionOf } from '../region.js'
import { type AnyBuffer, wholeOf } from './command.js'
import { Prepared } from './prepared.js'
import type { Program, Result } from './program.js'
import { Recording } from './recording.js'
import { isStandIn } from './stand-in.js'

/** Run a function: record its commands, plan their memory, and submit them. */
export function runRecorded(backend: WebgpuBackend, body: Body, args: readonly unknown[]): Recorded<Program> {
  const tensors = tensorsIn(args)
  const inputs = tensors.map(({ dataId, size }) => {
    if (size > 0) backend.uploadToGPU(dataId)
    return backend.tensorMap.get(dataId).resource
  })
  const draws = new Draws()
  const streams = draws.watch(streamsIn(args))
  const given = args.map(arg => mapLeaves(arg, leaf => (isStream(leaf) ? streams.shift() : leaf)))
  const ids = new Set(tensors.map(({ dataId }) => dataId))
  const recording = new Recording(backend, ids, () => submit(backend, recording))
  try {
    const result = body(...given)
    computeAll(backend) // what it keeps without returning it, such as a variable's new value, must be seen below
    const results = recording.ended ? [] : resultsOf(backend, result)
    const { commands, written } = recording
    const external = new Map([...recording.external].filter(([buffer]) => !inputs.includes(buffer)))
    const program = { commands, inputs, external, written, draws, results, aliases: aliasesOf(args) }
    return { result, program, obstacle: obstacleIn(recording, program, tensors, result) }
  } finally {
    submit(backend, recording)
  }
}

/** Stop recording, and run what was recorded; tensors that still exist get their memory. */
function submit(backend: WebgpuBackend, recording: Recording): void {
  if (recording.ended) return
  recording.end()
  const own = new Map<AnyBuffer, GPUBuffer>()
  for (const [buffer, dataId] of recording.live()) {
    const whole = wholeOf(buffer)
    const memory = own.get(whole) ?? backend.bufferManager.acquireBuffer(whole.size, whole.usage)
    if (isStandIn(whole) && whole.bytes) backend.device.queue.writeBuffer(memory, 0, whole.bytes)
    const place = placeOf(buffer as GPUBuffer)
    backend.tensorMap.get(dataId).resource =
      whole === buffer ? memory : regionOf({ ...place, buffer: memory })
    own.set(whole, memory)
  }
  const prepared = new Prepared(backend.device, recording.commands, { own })
  prepared.submit()
  prepared.dispose()
  recording.release()
}

function resultsOf(backend: WebgpuBackend, result: tf.TensorContainer): Result[] {
  return tensorsOf(result).map(({ dataId, shape, dtype, size }) => {
    if (size > 0) backend.uploadToGPU(dataId)
    return { buffer: backend.tensorMap.get(dataId).resource, shape, dtype }
  })
}

/** Why a program can't be run again without its function. */
function obstacleIn(
  recording: Recording,
  { draws, written }: Program,
  args: readonly tf.Tensor[],
  result: tf.TensorContainer,
): string | undefined {
  if (recording.obstacle) return recording.obstacle
  if (draws.onHost || draws.tensorsOnHost) return 'it computes with random numbers on the host'
  if (args.some(arg => arg instanceof tf.Variable))
    return 'an argument is a variable, which it may use by itself'
  if (args.some(({ dataId }) => written.has(dataId))) return 'it writes an argument in place'
  const returned = new Set(tensorsOf(result).map(({ dataId }) => dataId as object))
  const kept = [...recording.live().values()].some(dataId => !returned.has(dataId))
  return kept ? 'it keeps a tensor that it does not return' : undefined
}
