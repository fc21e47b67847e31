import type { Settings } from './settings.js'

/** 'teacher', or the letter of a recipe. */
export type ModelName = string

/** Where a job belongs: the run's folder, the teacher's weights, the seed, and what decides all numbers. */
export interface Run {
  out: string
  teacher: string
  seed: number
  settings: Settings
}

interface JobBase extends Run {
  title: string
  /** What the job writes: under a temporary name until it is whole, so a job is done when its file is there. */
  file: string
}

/** One piece of work for one process. */
export type Job = JobBase &
  (
    | { kind: 'pairs'; shard: number }
    | { kind: 'train'; model: ModelName }
    | { kind: 'measure'; model: ModelName }
    | { kind: 'pictures' }
  )

export type JobOf<K extends Job['kind']> = Extract<Job, { kind: K }>

export type Progress = (done: number, total: number) => void

/** What a worker sends to its parent. */
export type Report = { done: number; total: number } | { error: string }

/** How the table and the pictures name a model. */
export function modelTitle(model: ModelName): string {
  if (model === 'teacher') return 'teacher (1-RF)'
  return model === 'B' ? 'plain 2-RF' : `2-RF++ (${model})`
}
