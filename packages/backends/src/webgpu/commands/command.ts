import type { StandIn } from './stand-in.js'

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

export const buffersOf = (command: Command): AnyBuffer[] =>
  isCopy(command) ? [command.from, command.to] : command.bindings.map(({ buffer }) => buffer)
