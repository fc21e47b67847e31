import { checkKind } from '@rectified-flow/core'

/**
 * Processes that train together. Each is a rank, from 0 to size - 1. Every rank must call the same methods in the same order, with
 * arrays of the same length. A method ends when all ranks have called it. See `mpiCommunicator` of `@rectified-flow/reflow/node` for MPI.
 */
export interface Communicator {
  readonly rank: number
  readonly size: number
  /** Replace the values by their sums over all ranks, which have the same bits on each rank. */
  allReduceSum(values: Float32Array): Promise<void>
  /** Replace the values by those of rank 0. */
  broadcast(values: Float32Array | Float64Array): Promise<void>
  /** Wait until all ranks are here. */
  barrier(): Promise<void>
}

/** One process, which has nobody to wait for. */
export const alone: Communicator = {
  rank: 0,
  size: 1,
  async allReduceSum() {},
  async broadcast() {},
  async barrier() {},
}

export function checkCommunicator(where: string, value: unknown): void {
  checkKind(where, 'communicator', value, 'a Communicator such as `alone`', [
    'allReduceSum',
    'broadcast',
    'barrier',
  ])
}
