import type { Tuning } from '@rectified-flow/backends'

/** One measurement of the device run. It has a process of its own, so that a crash or a lost device stops nothing else. */
export type Job = (run: JobRun) => Promise<void>

export interface JobRun {
  /** Use WebGPU on the CPU, at tiny sizes: shows that the run works, not how fast a device is. */
  software: boolean
  /** The folder of the unpacked pack. */
  pack: string
  /** A Python that may have torch. */
  python: string
  /** The fastest variants of convolutions, of the jobs before. */
  tuning?: Tuning
  /** Keep a result. What was recorded stays if the job fails later. */
  record(entry: Entry): void
  /** Seconds until this job should end; soon after, it is killed. */
  left(): number
}

/** A result: numbers and texts by name, as JSON. */
export type Entry = Record<string, unknown>

/** What a job gave. */
export interface Outcome {
  job: string
  /** 'done', 'left out: ' and why this machine can't run the job, or why it ended early. */
  ended: string
  /** Wall time. */
  seconds: number
  entries: Entry[]
}

/** This machine can't run the job: it lacks a feature or a program. */
export class LeftOut extends Error {}

/** With this code a job's process says so. */
export const LEFT_OUT = 3
