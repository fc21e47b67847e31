import { writeSync } from 'node:fs'
import { inspect } from 'node:util'
import { checkOptions, checkText } from '@rectified-flow/core'
import { alone, type Communicator } from '../../communicator.js'
import { type Launched, launched } from './launched.js'
import { loadLibrary } from './library.js'

const WHERE = 'reflow.mpiCommunicator'

/** A rank of MPI. */
export interface MpiCommunicator extends Communicator {
  /** This rank among those of its machine, from 0: the number of its GPU. */
  readonly localRank: number
  /** The implementation and its version; undefined for a single process. */
  readonly library?: string
  /**
   * End MPI, after all ranks have called it. A process that ends without an error does it by itself. One that ends with an error ends
   * the other ranks too, unless it has called this.
   */
  finalize(): void
}

export interface MpiOptions {
  /** The file of MPI's library; by default RECTIFIED_FLOW_MPI, or the one that the launcher needs. */
  library?: string
}

/** MPI can be begun once in a process. */
let begun: Promise<MpiCommunicator> | undefined

/**
 * The ranks that `mpirun` or Slurm's `srun` started; a single process if none of them started this one as one of several. MPI is
 * called through the package koffi, which must be installed then. Calls hold the process until all ranks have made them.
 *
 *     const trainer = new Trainer({ ...options, communicator: await mpiCommunicator() })
 *
 * @throws Error if there are several, and koffi or the library of MPI is missing, or is not that of the launcher
 * @see MPI: A Message-Passing Interface Standard, version 5.0, sections 6.9.1 (reductions in place) and 11.2 (MPI_Init)
 */
export function mpiCommunicator(options: MpiOptions = {}): Promise<MpiCommunicator> {
  checkOptions<MpiOptions>(WHERE, options, { library: 'optional' })
  if (options.library !== undefined) checkText(WHERE, 'library', options.library)
  begun ??= begin(launched(), options)
  return begun
}

async function begin(from: Launched | undefined, { library: path }: MpiOptions): Promise<MpiCommunicator> {
  if (!from) return { ...alone, localRank: 0, finalize() {} }
  const { library, constants } = await loadLibrary(WHERE, from, path)
  const { handle, world, float, byte, sum, inPlace } = constants

  const mpi = (name: string, types: readonly string[]) => {
    const call = library.func(`MPI_${name}`, 'int', types)
    return (...args: unknown[]): void => {
      const code = call(...args)
      if (code !== 0) throw new Error(`reflow.MpiCommunicator: MPI_${name} must return 0, got ${code}.`)
    }
  }
  const ofWorld = (name: string): number => {
    const number = new Int32Array(1)
    mpi(name, [handle, 'void *'])(world, number)
    return number[0]!
  }
  mpi('Init', ['void *', 'void *'])(null, null)
  const [rank, size] = [ofWorld('Comm_rank'), ofWorld('Comm_size')]
  const text = new Uint8Array(8192)
  mpi('Get_library_version', ['void *', 'void *'])(text, new Int32Array(1))
  const version = new TextDecoder().decode(text.subarray(0, text.indexOf(0))).split(/[\n,]/)[0]!
  if (size !== from.size)
    throw new RangeError(
      `${WHERE}: the library of MPI must be the one of ${from.by}, which started ${from.size} processes, got '${version}', which ` +
        `knows ${size}.${from.by === 'srun' ? ' Try srun --mpi=pmix or --mpi=pmi2.' : ' Name its file in RECTIFIED_FLOW_MPI.'}`,
    )

  let ended = false
  const finalize = () => {
    if (!ended) mpi('Finalize', [])()
    ended = true
  }
  let uncaught: unknown
  process.on('uncaughtExceptionMonitor', error => {
    uncaught = error
  })
  process.on('exit', code => {
    if (code === 0) return finalize()
    if (uncaught && !ended) writeSync(2, `${inspect(uncaught)}\n`) // Node prints it after this, when there is no process any more
    if (!ended) mpi('Abort', [handle, 'int'])(world, code)
  })
  const allReduce = mpi('Allreduce', ['void *', 'void *', 'int', handle, handle, handle])
  const bcast = mpi('Bcast', ['void *', 'int', handle, 'int', handle])
  const barrier = mpi('Barrier', [handle])
  return {
    rank,
    size,
    localRank: from.localRank,
    library: version,
    async allReduceSum(values) {
      allReduce(inPlace, values, values.length, float, sum, world)
    },
    async broadcast({ buffer, byteOffset, byteLength }) {
      const most = 2 ** 30 // counts are int32
      for (let at = 0; at < byteLength; at += most) {
        const piece = new Uint8Array(buffer, byteOffset + at, Math.min(most, byteLength - at))
        bcast(piece, piece.length, byte, 0, world)
      }
    },
    async barrier() {
      barrier(world)
    },
    finalize,
  }
}
