import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { RECIPE_NAMES, type RecipeName } from '@rectified-flow/reflow/paper'

/** All settings that decide what a run computes. A run folder holds one run with one set of them. */
export interface Settings {
  /** Configurations of 2-rectified flow++ to train besides the plain 2-rectified flow (B). */
  recipes: RecipeName[]
  seeds: number
  backend: string
  /** SHA-256 of the teacher's file. */
  teacher: string
  /** Number of pairs that the teacher makes, pairs per shard, and the Euler steps in which it makes them. */
  pairs: number
  shard: number
  teacherSteps: number
  /** The budget of each training run. */
  iterations: number
  batch: number
  learningRate: number
  warmup: number
  emaDecay: number
  /** Number of samples behind each row of the table, and of real faces that they are compared with. */
  samples: number
  testFaces: number
}

const FULL: Omit<Settings, 'recipes' | 'seeds' | 'backend' | 'teacher'> = {
  pairs: 2048,
  shard: 128,
  teacherSteps: 16,
  iterations: 150,
  batch: 64,
  learningRate: 5e-4,
  warmup: 10,
  emaDecay: 0.98,
  samples: 1024,
  testFaces: 4096,
}

/** Every stage on a few faces: this shows that all stages run, and its numbers mean nothing. */
const SMOKE: typeof FULL = {
  ...FULL,
  pairs: 32,
  shard: 16,
  teacherSteps: 4,
  iterations: 4,
  warmup: 1,
  batch: 8,
  samples: 64,
  testFaces: 128,
}

const shippedTeacher = import.meta.resolve('@rectified-flow/flow/weights/face-teacher.safetensors')

const HELP = `npm run quickstart -- [options]

  --config NAMES   configurations of 2-rectified flow++ by the paper's letters, with commas: C, D, E, F (default E)
  --seeds N        repeat everything with N seeds and average in the table (default 1)
  --backend NAME   node-gpu, webgpu, node, wasm or cpu (default: the first of these that works here)
  --teacher FILE   weights of another teacher of the faces, as saveUNet writes them
  --out FOLDER     where the run is kept (default runs/quickstart)
  --smoke          every stage on a few faces, in a few seconds
  --help`

export interface Arguments {
  /** The settings as given: `backend` may be '' for the first that works, and the teacher's hash is not known yet. */
  settings: Omit<Settings, 'teacher'>
  teacher: string
  out: string
}

/** Read the command line. Returns null after --help. */
export function readArguments(): Arguments | null {
  const { values } = parseArgs({
    options: {
      config: { type: 'string', default: 'E' },
      seeds: { type: 'string', default: '1' },
      backend: { type: 'string', default: '' },
      teacher: { type: 'string', default: fileURLToPath(shippedTeacher) },
      out: { type: 'string' },
      smoke: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    console.log(HELP)
    return null
  }
  const choices = RECIPE_NAMES.filter(name => name !== 'B')
  const recipes = values.config.split(',') as RecipeName[]
  for (const name of recipes)
    if (!choices.includes(name as (typeof choices)[number]))
      throw new RangeError(`quickstart: --config must be among ${choices.join(', ')}, got '${name}'.`)
  const seeds = Number(values.seeds)
  if (!Number.isInteger(seeds) || seeds < 1)
    throw new RangeError(`quickstart: --seeds must be an integer >= 1, got '${values.seeds}'.`)
  const size = values.smoke ? SMOKE : FULL
  return {
    settings: { recipes, seeds, backend: values.backend, ...size },
    teacher: values.teacher,
    out: values.out ?? (values.smoke ? 'runs/quickstart-smoke' : 'runs/quickstart'),
  }
}
