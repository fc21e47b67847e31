import type { Job } from '../job.js'
import { program, rawDevice, storage } from '../raw-gpu.js'
import { digits, timed } from '../timed.js'

const TEXT = `
@group(0) @binding(0) var<storage, read_write> x: array<f32>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) { x[id.x] += 1; }`

/** What a dispatch costs: each after the one before it on the same buffer, on buffers in turn, and in submissions of its own. */
export const dispatches: Job = async ({ software, record }) => {
  const device = await rawDevice(software)
  const count = software ? 64 : 2000
  const programs = Array.from({ length: 16 }, () => program(device, TEXT, [storage(device, 256)]))
  const settle = () => device.queue.onSubmittedWorkDone()
  const layouts = {
    'on one buffer': { buffers: 1, perSubmission: count },
    'on 16 buffers in turn': { buffers: 16, perSubmission: count },
    'on one buffer, 50 in a submission': { buffers: 1, perSubmission: 50 },
    'on one buffer, 1 in a submission': { buffers: 1, perSubmission: 1 },
  }
  for (const [what, { buffers, perSubmission }] of Object.entries(layouts)) {
    const run = () => {
      for (let from = 0; from < count; from += perSubmission) {
        const encoder = device.createCommandEncoder()
        const pass = encoder.beginComputePass()
        for (let i = from; i < Math.min(from + perSubmission, count); i++) {
          const { pipeline, group } = programs[i % buffers]!
          pass.setPipeline(pipeline)
          pass.setBindGroup(0, group)
          pass.dispatchWorkgroups(1)
        }
        pass.end()
        device.queue.submit([encoder.finish()])
      }
    }
    const { ms, processorMs, ...rest } = await timed({ run, settle, seconds: software ? 0 : 0.7 })
    const each = (value: number) => digits((1000 * value) / count)
    record({ what, count, usEach: each(ms), processorUsEach: each(processorMs), ...rest })
  }
}
