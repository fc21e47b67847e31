import { expect, it } from 'vitest'
import { ownDevice } from '../src/ranks.js'

it('gives each rank of a machine its own CUDA device', () => {
  expect([0, 1, 2].map(rank => ownDevice(rank, undefined))).toEqual(['0', '1', '2'])
  expect([0, 1, 2].map(rank => ownDevice(rank, '4,6'))).toEqual(['4', '6', '4'])
  expect([0, 1].map(rank => ownDevice(rank, 'GPU-5f'))).toEqual(['GPU-5f', 'GPU-5f']) // Slurm has chosen
})
