/** What the program that started this process says of it. */
export interface Launched {
  /** Its name, for messages. */
  by: string
  /** How many processes it started. */
  size: number
  /** This process among those of its machine, from 0. */
  localRank: number
  /** Whose library the processes can find each other with; undefined if that is not known. */
  implementation?: 'Open MPI' | 'MPICH'
}

/** The launcher of this process, if it is one of several: mpirun of Open MPI, of MPICH and its kin, or Slurm's srun. */
export function launched(env: NodeJS.ProcessEnv = process.env): Launched | undefined {
  const found = launcherOf(env)
  return found && found.size > 1 ? found : undefined
}

function launcherOf(env: NodeJS.ProcessEnv): Launched | undefined {
  const { OMPI_COMM_WORLD_SIZE, OMPI_COMM_WORLD_LOCAL_RANK = 0, MPI_LOCALRANKID = 0, PMI_SIZE } = env
  const { SLURM_STEP_NUM_TASKS, SLURM_LOCALID = 0 } = env
  if (OMPI_COMM_WORLD_SIZE !== undefined)
    return {
      by: 'mpirun',
      size: Number(OMPI_COMM_WORLD_SIZE),
      localRank: Number(OMPI_COMM_WORLD_LOCAL_RANK),
      implementation: 'Open MPI',
    }
  // Before PMI_SIZE, which srun --mpi=pmi2 sets too.
  if (SLURM_STEP_NUM_TASKS !== undefined)
    return { by: 'srun', size: Number(SLURM_STEP_NUM_TASKS), localRank: Number(SLURM_LOCALID) }
  if (PMI_SIZE !== undefined)
    return {
      by: 'mpirun',
      size: Number(PMI_SIZE),
      localRank: Number(MPI_LOCALRANKID),
      implementation: 'MPICH',
    }
  return undefined
}
