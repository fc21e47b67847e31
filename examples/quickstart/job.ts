import type { Settings } from './settings.js'

/** 'teacher', or the letter of a recipe. */
export type ModelName = string

/** The run that a job belongs to: its folder, the teacher's weights, the seed, and the settings that decide all numbers. */
export interface Run {
  out: string
  teacher: string
  seed: number
  settings: Settings
}

interface JobBase extends Run {
  title: string
  /** The file that the job writes. It has a temporary name until it is whole, so the job is done when this file exists. */
  file: string
}

/** A piece of work for one process. */
export type Job = JobBase &
  (
    | { kind: 'pairs'; shard: number }
    | { kind: 'train'; model: ModelName }
    | { kind: 'measure'; model: ModelName }
    | { kind: 'pictures' }
  )

export type JobOf<K extends Job['kind']> = Extract<Job, { kind: K }>

export type Progress = (done: number, total: number) => void

/** What a worker sends to its parent: how far its job is, and how it ended. */
export type Report = { done: number; total: number } | { ended: true } | { error: string }

/** The name of a model in the table and the pictures. */
export function modelTitle(model: ModelName): string {
  if (model === 'teacher') return 'teacher (1-RF)'
  return model === 'B' ? 'plain 2-RF' : `2-RF++ (${model})`
}
