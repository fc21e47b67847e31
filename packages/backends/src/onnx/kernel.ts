import type { Graph } from './graph.js'
import type { Value } from './value.js'

/** A kernel's inputs as values of a graph, under the same names. */
export type Values<In> = { [Name in keyof In]: Value }

/** A kernel as nodes of a graph. It returns the kernel's outputs, or the first one. */
export type OnnxKernel<In, At = object> = (graph: Graph, inputs: In, attrs: At) => Value | Value[]
