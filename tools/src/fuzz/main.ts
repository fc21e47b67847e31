// Mutated files for every reader: each is read, or refused with an error that names what is wrong, in bounded time and memory.
//   npm run fuzz -- [--cases 100000] [--seed 1] [--seconds 1740] [--jobs 2]
//   npm run fuzz -- --only pth --case 123 [--keep FOLDER]   runs one case again, and writes its files
import { parseArgs } from 'node:util'
import { writeFiles } from './files/files.js'
import { plan } from './plan.js'
import { Runner } from './pool.js'
import { inputOf } from './run-case.js'
import { targetOf, targets } from './targets.js'

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '1740' },
    jobs: { type: 'string', default: '2' },
    only: { type: 'string' },
    case: { type: 'string' },
    keep: { type: 'string' },
  },
})
const whole = (name: 'cases' | 'seed' | 'seconds' | 'jobs' | 'case') => {
  const value = Number(values[name])
  if (Number.isSafeInteger(value) && value >= 0) return value
  throw new RangeError(`tools.fuzz: --${name} must be an integer >= 0, got '${values[name]}'.`)
}

const seed = whole('seed')
const chosen = values.only === undefined ? targets : [targetOf(values.only)]
const tally = new Map(chosen.map(({ name }) => [name, { cases: 0, read: 0, grown: 0, slowest: 0 }]))
const problems: string[] = []
const started = performance.now()

/** Take cases until there are none, or the time is over. */
async function work(cases: Iterator<{ target: string; number: number }>): Promise<void> {
  const runner = new Runner()
  const deadline = started + 1000 * whole('seconds')
  for (let next = cases.next(); !next.done && performance.now() < deadline; next = cases.next()) {
    const { target, number } = next.value
    const row = tally.get(target)!
    let outcome = await runner.run({ target, seed, number })
    // A busy machine or the garbage of earlier cases: only what comes again in a new process counts.
    if (outcome.doubtful) {
      runner.stop()
      outcome = await runner.run({ target, seed, number, twice: true })
    }
    row.cases++
    if (outcome.read) row.read++
    row.grown = Math.max(row.grown, outcome.grown)
    row.slowest = Math.max(row.slowest, outcome.ms)
    if (!outcome.problem) continue
    problems.push(`${target} ${number}: ${outcome.problem}`)
    console.log(problems.at(-1))
  }
  runner.stop()
}

if (values.case !== undefined) {
  if (values.only === undefined) throw new RangeError('tools.fuzz: --case must come with --only, got none.')
  const [target, number] = [targetOf(values.only), whole('case')]
  if (values.keep !== undefined) await writeFiles(values.keep, await inputOf(target, seed, number))
  await work([{ target: target.name, number }].values())
} else {
  const cases = plan(chosen, whole('cases'))
  await Promise.all(Array.from({ length: whole('jobs') }, () => work(cases)))
}

const rows = [...tally].map(([target, { cases, read, grown, slowest }]) => ({
  target,
  cases,
  read,
  'MiB grown, at most': Number((grown / 2 ** 20).toFixed(1)),
  'ms, at most': Math.round(slowest),
}))
console.table(rows)
const total = rows.reduce((sum, row) => sum + row.cases, 0)
const asked = values.case === undefined ? whole('cases') : 1
const seconds = ((performance.now() - started) / 1000).toFixed(0)
console.log(`${total} of ${asked} cases in ${seconds} s, seed ${seed}: ${problems.length} problems`)
process.exit(problems.length > 0 || total === 0 ? 1 : 0)
