// Trains the networks that the flow package ships: teachers, which are 1-rectified flows, and their students of one step. Each is
// a SongUNet (DDPM++) small enough for a plain CPU. Writes packages/flow/weights/NAME.safetensors and its card. Killed and started
// again, it goes on from what it has in runs/.
//
//   pnpm --filter @rectified-flow/example-teachers start digit-teacher        (28x28, a core, wasm: half an hour)
//   pnpm --filter @rectified-flow/example-teachers start small-digit-teacher  (14x14, a core, tfjs-node: 20 minutes)
//   pnpm --filter @rectified-flow/example-teachers start face-teacher         (16x16 in colour, a core, tfjs-node: 45 minutes)
//   pnpm --filter @rectified-flow/example-teachers start small-digit-plain    (row B of the paper, 2 minutes)
//   pnpm --filter @rectified-flow/example-teachers start small-digit-student  (row E, 2 minutes)
//   pnpm --filter @rectified-flow/example-teachers start face-student         (10 minutes)
import { STUDENTS } from './students.js'
import { TEACHERS } from './teachers.js'
import { trainStudent } from './train-student.js'
import { trainTeacher } from './train-teacher.js'

const name = process.argv[2] ?? ''
const names = [...Object.keys(TEACHERS), ...Object.keys(STUDENTS)]
if (!names.includes(name))
  throw new RangeError(`teachers: the argument must be one of ${names.join(', ')}, got '${name}'.`)

process.env.TF_NUM_INTRAOP_THREADS ??= '1' // one thread: rounding then doesn't depend on the number of cores
const [teacher, student] = [TEACHERS[name], STUDENTS[name]]
if (teacher) await trainTeacher(name, teacher)
if (student) await trainStudent(name, student)
