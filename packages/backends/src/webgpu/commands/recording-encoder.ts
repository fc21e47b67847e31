import type { AnyBuffer, Binding, Command } from './command.js'

const bindings = new WeakMap<GPUBindGroup, Binding[]>()

/** A bind group that only knows its entries. */
export function recordedGroup(entries: Iterable<GPUBindGroupEntry>): GPUBindGroup {
  const group = {} as GPUBindGroup
  const bound = [...entries].map(({ binding, resource }) => ({
    binding,
    buffer: ('buffer' in resource ? resource.buffer : resource) as AnyBuffer,
  }))
  bindings.set(group, bound)
  return group
}

/** The part of a command encoder that tfjs and our kernels use. It adds what it is told to a list. */
export function recordingEncoder(commands: Command[]): GPUCommandEncoder {
  let pipeline: GPUComputePipeline
  let bound: Binding[] = []
  const pass = {
    setPipeline: (next: GPUComputePipeline) => {
      pipeline = next
    },
    setBindGroup: (_: number, group: GPUBindGroup) => {
      bound = bindings.get(group)!
    },
    dispatchWorkgroups: (x: number, y = 1, z = 1) => {
      commands.push({ pipeline, bindings: bound, workgroups: [x, y, z] })
    },
    end: () => undefined,
  }
  return {
    beginComputePass: () => pass,
    copyBufferToBuffer: (
      from: AnyBuffer,
      fromOffset: number,
      to: AnyBuffer,
      toOffset: number,
      bytes: number,
    ) => {
      commands.push({ from, fromOffset, to, toOffset, bytes })
    },
    finish: () => undefined,
  } as unknown as GPUCommandEncoder
}
