import * as tf from '@tensorflow/tfjs-core'
import { aliasesOf, isStream, mapLeaves, streamsIn, tensorsIn } from '../../compile/arguments.js'
import type { Body } from '../../compile/compilers.js'
import { Draws } from '../../compile/draws.js'
import type { Recorded } from '../../compile/recorded-runs.js'
import { tensorsOf } from '../../compile/results.js'
import type { WasmBackend } from '../backend.js'
import { giveOwnMemory } from './own-memory.js'
import type { Assigned, Program } from './program.js'
import { Recording } from './recording.js'

/** Run a function, and remember what it called. */
export function runRecorded(backend: WasmBackend, body: Body, args: readonly unknown[]): Recorded<Program> {
  const tensors = tensorsIn(args)
  const draws = new Draws()
  const streams = draws.watch(streamsIn(args))
  const given = args.map(arg => mapLeaves(arg, leaf => (isStream(leaf) ? streams.shift() : leaf)))
  giveOwnMemory(backend)
  const variables = new Map(Object.values(tf.engine().registeredVariables).map(one => [one, one.dataId]))
  const owners = new Map([...variables].map(([variable, dataId]) => [dataId as object, variable]))
  const recording = new Recording(backend, tensors, owners)
  try {
    const result = body(...given)
    const { commands } = recording
    const inputs = tensors.map(tensor => recording.dataOf(tensor))
    const results = tensorsOf(result).map(tensor => ({ data: recording.dataOf(tensor), shape: tensor.shape }))
    const assigned: Assigned[] = []
    for (const [variable, dataId] of variables)
      if (!variable.isDisposed && variable.dataId !== dataId)
        assigned.push({ variable, before: recording.known(dataId), after: recording.dataOf(variable) })
    const program = { commands, draws, inputs, aliases: aliasesOf(args), results, assigned }
    const obstacle =
      recording.obstacle ??
      (draws.onHost ? 'it computes with random numbers on the host' : undefined) ??
      (tensors.some(({ dataId }) => owners.has(dataId))
        ? 'an argument is a variable, which it may use by itself'
        : undefined) ??
      ([...variables.keys()].some(({ isDisposed }) => isDisposed) ? 'it frees a variable' : undefined) ??
      (keeps(recording, program) ? 'it keeps a tensor that it does not return' : undefined)
    return { result, program, obstacle }
  } finally {
    recording.end()
  }
}

function keeps(recording: Recording, { results, assigned }: Program): boolean {
  const given = new Set([...results.map(({ data }) => data), ...assigned.map(({ after }) => after)])
  return recording.live().some(data => !given.has(data))
}
