import { parseArgs } from 'node:util'
import { BACKENDS, type BackendName } from '@rectified-flow/backends'

export interface BenchOptions {
  /** Undefined: all that this machine has, but those of ONLY_BY_NAME. */
  backends?: BackendName[]
  /** Parts of the names of cases; undefined: all. */
  cases?: string[]
  rounds: number
  quick: boolean
  python: string
  /** The folder of the results. */
  out: string
}

export const help = `Options:
  --backends a,b  of ${BACKENDS.join(', ')}; default: all that work here but webgpu-software and cpu
  --cases a,b     only cases whose names contain one of these, and 'memory'; default: all
  --rounds n      turns of every participant in a case (7; with --quick 2)
  --quick         tiny sizes: shows that it works, not how fast it is
  --python path   a Python that can import torch (python3); if it can't, there is no PyTorch in the table
  --out folder    for the results (bench/results)
`

/** Read the command line. Throws if it is not valid. */
export function readOptions(args: readonly string[], defaultOut: string): BenchOptions | 'help' {
  const { values } = parseArgs({
    args: args.filter(arg => arg !== '--'),
    options: {
      backends: { type: 'string' },
      cases: { type: 'string' },
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      python: { type: 'string', default: 'python3' },
      out: { type: 'string', default: defaultOut },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return 'help'
  const { quick, python, out } = values
  const rounds = Number(values.rounds ?? (quick ? 2 : 7))
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new RangeError(`bench: --rounds must be an integer >= 1, got ${values.rounds}.`)
  const backends = values.backends?.split(',') as BackendName[] | undefined
  for (const name of backends ?? [])
    if (!BACKENDS.includes(name))
      throw new RangeError(`bench: --backends must be one of ${BACKENDS.join(', ')}, got ${name}.`)
  return { backends, cases: values.cases?.split(','), rounds, quick, python, out }
}
