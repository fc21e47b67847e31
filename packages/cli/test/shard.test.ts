import { expect, it } from 'vitest'
import { shardOf } from '../src/shard.js'

const slurm = (id: number, min: number, count: number, step = 1) => ({
  SLURM_ARRAY_TASK_ID: String(id),
  SLURM_ARRAY_TASK_MIN: String(min),
  SLURM_ARRAY_TASK_COUNT: String(count),
  SLURM_ARRAY_TASK_STEP: String(step),
})

it('is the share asked for, or the one that a scheduler sets, or all', () => {
  expect(shardOf({ index: 1, count: 3 }, slurm(5, 4, 2))).toEqual({ index: 1, count: 3 })
  expect(shardOf(undefined, slurm(5, 4, 2))).toEqual({ index: 1, count: 2 })
  expect(shardOf(undefined, slurm(6, 0, 4, 2))).toEqual({ index: 3, count: 4 })
  expect(shardOf(undefined, { JOB_COMPLETION_INDEX: '0', JOB_COMPLETIONS: '8' })).toEqual({
    index: 0,
    count: 8,
  })
  expect(shardOf(undefined, {})).toEqual({ index: 0, count: 1 })
})

it('is refused if an array has gaps, because work would be left undone', () => {
  // sbatch --array=1,5,7
  expect(() => shardOf(undefined, slurm(5, 1, 3))).toThrow(
    'SLURM_ARRAY_TASK_ID must name a share from 0 to 2, without gaps, got 4 of 3.',
  )
  expect(() => shardOf(undefined, { JOB_COMPLETION_INDEX: '8', JOB_COMPLETIONS: '8' })).toThrow(
    'JOB_COMPLETION_INDEX must name a share from 0 to 7, without gaps, got 8 of 8.',
  )
})
