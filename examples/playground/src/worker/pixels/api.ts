import type { Port } from '../../rpc.js'
import { start } from '../start.js'
import type { ReflowPlan, ReflowReport } from './messages.js'
import { draw, findNoise, load, normals } from './networks.js'

const port = globalThis as unknown as Port
const tell = (event: ReflowReport) => port.postMessage({ event })

/** What a worker for images does. A report of Reflow is its only event. */
export const pixels = {
  start,
  load,
  normals,
  draw,
  findNoise,
  /** Straighten a teacher, a file of saveUNet; gives the student's file. What trains is loaded only here. */
  async reflow(teacher: ArrayBuffer, plan: ReflowPlan, fixed: Float32Array) {
    const { straighten } = await import('./straighten.js')
    return straighten(teacher, plan, { fixed, tell })
  },
}

export type PixelsApi = typeof pixels
