import type { WordPlace } from '@rectified-flow/core'
import type * as tf from '@tensorflow/tfjs-core'
import type { Draws } from '../../compile/draws.js'

/** The numbers of a tensor, in the run that was recorded. */
export interface Data {
  readonly dataId: object
  readonly shape: number[]
  readonly dtype: tf.DataType
  /** Where they were, and how many bytes. */
  readonly address: number
  readonly bytes: number
  /** Its number in tfjs's module. */
  readonly id: number
  readonly origin: Origin
}

/** Where they come from: a command, the caller, a variable, another tensor from before, or the host. */
export type Origin =
  | { kind: 'made' }
  | { kind: 'argument'; index: number }
  | { kind: 'variable'; variable: tf.Variable }
  | { kind: 'before' }
  | { kind: 'host'; values: Uint8Array }

/** A tensor's place in the arguments of a function: an address in its numbers, or its number in tfjs's module. */
export interface Use {
  data: Data
  /** Bytes after its first number; undefined for the number in tfjs's module. */
  offset: number | undefined
}

export type Argument = number | Use | Uint8Array | WordPlace

export const isUse = (argument: Argument): argument is Use =>
  typeof argument === 'object' && 'data' in argument
export const isPlace = (argument: Argument): argument is WordPlace =>
  typeof argument === 'object' && 'counter' in argument

/** A WebAssembly function that ran: one of ours on all its units, or one of tfjs's. */
export interface Call {
  name: string
  args: readonly Argument[]
  units?: number
  /** Run ours on other numbers. */
  run?(numbers: readonly number[]): void
}

/** A tensor: its numbers, and the shape that it gives them. */
export interface View {
  data: Data
  shape: number[]
}

/** A kernel of tfjs that copies with JavaScript, from inputs to what it made. */
export interface Copying {
  name: string
  inputs: Record<string, View> | View[]
  attrs: object
  made: readonly Data[]
  run(args: { inputs: object; attrs: object; backend: object }): unknown
}

export type Command = Call | Copying

export const isCall = (command: Command): command is Call => 'args' in command

/** What a command reads or writes. */
export const dataOf = (command: Command): Data[] =>
  isCall(command)
    ? command.args.filter(isUse).map(({ data }) => data)
    : [...viewsOf(command).map(({ data }) => data), ...command.made]

export const viewsOf = ({ inputs }: Copying): View[] => Object.values(inputs)

/** A variable that it assigned. */
export interface Assigned {
  variable: tf.Variable
  /** What the variable held before, if a command used that. */
  before: Data | undefined
  after: Data
}

/** One run of a function. */
export interface Program {
  readonly commands: readonly Command[]
  readonly draws: Draws
  readonly inputs: readonly Data[]
  /** Which of these are the same tensor. */
  readonly aliases: string
  /** The tensors that it returned. */
  readonly results: readonly View[]
  readonly assigned: readonly Assigned[]
}
