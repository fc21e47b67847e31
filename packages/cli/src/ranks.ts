import { type MpiCommunicator, mpiCommunicator } from '@rectified-flow/reflow/node'
import { say, speakAs } from './warn.js'

/** Signals that stop all ranks after a step. Open MPI's mpirun passes SIGUSR2 on to them, and kills them when it gets another. */
export const RANK_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGUSR2'] as const

/** The processes that mpirun or srun started with this one, each on its own GPU. Only the first speaks. */
export async function joinRanks(): Promise<MpiCommunicator> {
  const ranks = await mpiCommunicator()
  const { size, localRank, library } = ranks
  speakAs(ranks)
  if (size === 1) return ranks
  process.env.CUDA_VISIBLE_DEVICES = ownDevice(localRank)
  say(`${size} processes (${library})`)
  return ranks
}

/** The CUDA device of a rank of this machine: its own one of those in the list, which a launcher may have cut to one. */
export function ownDevice(localRank: number, list = process.env.CUDA_VISIBLE_DEVICES): string {
  if (list === undefined) return String(localRank)
  const devices = list.split(',')
  return devices[localRank % devices.length]!
}
