// The device run. `./run OUT_DIR` starts it on a machine with a GPU: see bench/README.md.
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { deviceRun } from './device-run.js'
import { type RunningJob, runHere } from './run-here.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    software: { type: 'boolean', default: false },
    minutes: { type: 'string' },
    parts: { type: 'string' },
    python: { type: 'string', default: 'python3' },
    job: { type: 'string' },
  },
})
const pack = fileURLToPath(new URL('..', import.meta.url))

if (values.job) await runHere({ ...(JSON.parse(values.job) as RunningJob), pack })
else {
  // A software adapter compiles the shaders of a network for a minute, in each job again.
  const minutes = Number(values.minutes ?? (values.software ? 30 : 9))
  if (!(minutes > 0)) throw new RangeError(`bench.device: --minutes must be > 0, got ${values.minutes}.`)
  const [out] = positionals
  if (!out) throw new RangeError('bench.device: OUT_DIR must be a folder, got nothing.')
  const { software, python } = values
  const fine = await deviceRun({ out, minutes, software, python, only: values.parts?.split(',') })
  process.exitCode = fine ? 0 : 1
}
