import type { Launched } from './launched.js'

/** What is used of koffi, which calls functions of C. */
interface Koffi {
  load(path: string, options: { global: boolean }): Library
}
interface Library {
  func(name: string, result: string, args: readonly string[]): (...args: unknown[]) => number
  /** The address of a variable. */
  symbol(name: string): bigint
}

/** The constants of MPI in one implementation, whose headers give them. */
export interface Constants {
  /** How C passes a communicator, a type or an operation. */
  handle: 'int' | 'void *'
  world: number | bigint
  float: number | bigint
  byte: number | bigint
  sum: number | bigint
  inPlace: bigint
}

/** MPI-5's own, for every implementation: MPI: A Message-Passing Interface Standard, version 5.0, chapter 20 and appendix A. */
const ABI: Constants = {
  handle: 'void *',
  world: 0x101n,
  float: 0x210n,
  byte: 0x247n,
  sum: 0x21n,
  inPlace: 1n,
}

/** Those of MPICH, and of Intel MPI, MVAPICH and Cray MPICH, which have its binary interface. */
const MPICH: Constants = {
  handle: 'int',
  world: 0x44000000,
  float: 0x4c00040a,
  byte: 0x4c00010d,
  sum: 0x58000003,
  inPlace: -1n,
}

/** In Open MPI they are addresses of variables. */
const openMpi = (library: Library): Constants => ({
  handle: 'void *',
  world: library.symbol('ompi_mpi_comm_world'),
  float: library.symbol('ompi_mpi_float'),
  byte: library.symbol('ompi_mpi_byte'),
  sum: library.symbol('ompi_mpi_op_sum'),
  inPlace: 1n,
})

/** Files of each implementation, in Linux's and macOS's names. */
const FILES = {
  ABI: ['libmpi_abi.so.1', 'libmpi_abi.so.0', 'libmpi_abi.dylib'],
  'Open MPI': ['libmpi.so.40', 'libmpi.40.dylib'],
  MPICH: ['libmpi.so.12', 'libmpich.so.12', 'libmpi.12.dylib'],
} as const

/** MPI's library and its constants. */
export async function loadLibrary(
  where: string,
  { by, size, implementation }: Launched,
  path = process.env.RECTIFIED_FLOW_MPI,
): Promise<{ library: Library; constants: Constants }> {
  const koffi = await loadKoffi(where, `this process is one of ${size} that ${by} started`)
  // Open MPI's launcher knows only its own library; the others may come with the standard's interface too.
  const own = implementation ? FILES[implementation] : [...FILES['Open MPI'], ...FILES.MPICH]
  const files = path ? [path] : implementation === 'Open MPI' ? own : [...own, ...FILES.ABI]
  const problems: string[] = []
  for (const file of files) {
    try {
      const library = koffi.load(file, { global: true }) // global, because Open MPI's plug-ins look for its symbols
      return { library, constants: constantsOf(file, library) }
    } catch (error) {
      problems.push((error as Error).message)
    }
  }
  throw new RangeError(
    `${where}: the library of MPI must be one of ${files.join(', ')}, got ${problems[0]}. ` +
      "Name it in RECTIFIED_FLOW_MPI, or add its folder to LD_LIBRARY_PATH. On Debian it is 'apt-get install openmpi-bin'.",
  )
}

function constantsOf(file: string, library: Library): Constants {
  if (/mpi_abi/.test(file)) return ABI
  try {
    return openMpi(library)
  } catch {
    return MPICH // it has no such variables
  }
}

async function loadKoffi(where: string, why: string): Promise<Koffi> {
  const pkg: string = 'koffi' // not a literal in import(): bundlers and types must work without the optional package
  try {
    return ((await import(pkg)) as { default: Koffi }).default
  } catch (cause) {
    const got = (cause as Error).message.split('\n')[0]
    throw new Error(`${where}: koffi must load (npm install koffi), for ${why}, got: ${got}`, { cause })
  }
}
