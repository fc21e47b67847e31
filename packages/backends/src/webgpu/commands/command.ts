import { placeOf } from '../region.js'
import { isStandIn, type StandIn } from './stand-in.js'

export type AnyBuffer = GPUBuffer | StandIn

export interface Binding {
  binding: number
  buffer: AnyBuffer
}

export interface Dispatched {
  pipeline: GPUComputePipeline
  bindings: readonly Binding[]
  workgroups: readonly [number, number, number]
}

export interface Copied {
  from: AnyBuffer
  fromOffset: number
  to: AnyBuffer
  toOffset: number
  bytes: number
}

/** What a function asked of the GPU. */
export type Command = Dispatched | Copied

export const isCopy = (command: Command): command is Copied => 'from' in command

/** The stand-in that a region is a part of; any other buffer, a region of memory too, is one by itself. */
export function wholeOf(buffer: AnyBuffer): AnyBuffer {
  const whole: AnyBuffer = placeOf(buffer as GPUBuffer).buffer
  return isStandIn(whole) ? whole : buffer
}

export const buffersOf = (command: Command): AnyBuffer[] =>
  (isCopy(command) ? [command.from, command.to] : command.bindings.map(({ buffer }) => buffer)).map(wholeOf)
