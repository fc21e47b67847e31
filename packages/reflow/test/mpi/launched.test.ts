import { mpiCommunicator } from '@rectified-flow/reflow/node'
import { describe, expect, it } from 'vitest'
import { launched } from '../../src/node/mpi/launched.js'
import { loadLibrary } from '../../src/node/mpi/library.js'

describe('launched', () => {
  it.each([
    [
      "Open MPI's mpirun",
      { OMPI_COMM_WORLD_SIZE: '4', OMPI_COMM_WORLD_LOCAL_RANK: '1' },
      { by: 'mpirun', size: 4, localRank: 1, implementation: 'Open MPI' },
    ],
    [
      "MPICH's mpirun",
      { PMI_SIZE: '2', PMI_RANK: '1', MPI_LOCALRANKID: '1' },
      { by: 'mpirun', size: 2, localRank: 1, implementation: 'MPICH' },
    ],
    [
      'srun --mpi=pmi2',
      { SLURM_STEP_NUM_TASKS: '8', SLURM_LOCALID: '3', PMI_SIZE: '8' },
      { by: 'srun', size: 8, localRank: 3 },
    ],
  ])('knows %s', (_, env, expected) => {
    expect(launched(env)).toEqual(expected)
  })

  it('is undefined for a process of its own, and for a job of one', () => {
    expect(launched({ PATH: '/bin' })).toBeUndefined()
    expect(launched({ OMPI_COMM_WORLD_SIZE: '1', OMPI_COMM_WORLD_LOCAL_RANK: '0' })).toBeUndefined()
    expect(launched({ SLURM_NTASKS: '4', SLURM_JOB_ID: '7' })).toBeUndefined() // a batch script, before srun
  })
})

describe('mpiCommunicator', () => {
  it('is a single process without a launcher, and needs no MPI', async () => {
    const { rank, size, localRank, library } = await mpiCommunicator()
    expect({ rank, size, localRank, library }).toEqual({ rank: 0, size: 1, localRank: 0, library: undefined })
  })

  it('names the library that is missing, and what to do', async () => {
    const from = { by: 'mpirun', size: 2, localRank: 0, implementation: 'Open MPI' } as const
    await expect(loadLibrary('reflow.mpiCommunicator', from, '/nowhere/libmpi.so')).rejects.toThrow(
      /^reflow\.mpiCommunicator: the library of MPI must be one of \/nowhere\/libmpi\.so, got .*\. Name it in RECTIFIED_FLOW_MPI/,
    )
  })

  it('refuses options that it does not know', () => {
    expect(() => mpiCommunicator({ file: 'libmpi.so' } as never)).toThrow('file')
  })
})
