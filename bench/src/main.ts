// Times what the packages do on every backend here, against stock tfjs and PyTorch: see bench/README.md.
//   pnpm bench --help
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeSafetensors } from '@rectified-flow/checkpoints'
import { ON_GPU } from './backends.js'
import type { Case } from './case.js'
import { casesOf } from './cases/cases.js'
import { type ChildOptions, runChild } from './child.js'
import { everyone, type LineUp, lineUp } from './line-up.js'
import { machine, machineName } from './machine.js'
import { type Entrant, measureCase } from './measure.js'
import { measureMemory } from './memory.js'
import { type BenchOptions, help, readOptions } from './options.js'
import { failures, markdown, type Report } from './report.js'

/** What stock tfjs says of a kernel that it lacks, and Python of a package. */
const NO_KERNEL = /Kernel '\w+' not registered for /
const NO_PACKAGE = /^(ModuleNotFound|Import)Error: /

if (process.argv[2] === '--child') await runChild(JSON.parse(process.argv[3]!) as ChildOptions)
else {
  const options = readOptions(process.argv.slice(2), fileURLToPath(new URL('../results', import.meta.url)))
  if (options === 'help') console.log(help)
  else await bench(options)
}

async function bench(options: BenchOptions): Promise<void> {
  const { quick, rounds, out } = options
  const chosen = casesOf({ quick }).filter(
    ({ name }) => !options.cases || options.cases.some(part => name.includes(part)),
  )
  const memory = !options.cases || options.cases.includes('memory')
  if (chosen.length === 0 && !memory)
    throw new RangeError(`bench: --cases must be in the name of a case, got ${options.cases}.`)
  const line = await lineUp(options)
  const report: Report = {
    machine: machine(),
    rounds,
    quick,
    participants: Object.fromEntries(everyone(line).map(({ id, hello }) => [id, hello])),
    absent: line.absent,
    backends: line.backends.map(({ name }) => name),
    cases: [],
  }
  const folder = mkdtempSync(join(tmpdir(), 'bench-'))
  try {
    for (const one of chosen) {
      console.error(`${one.name}: ${one.size}`)
      const file = join(folder, 'inputs.safetensors')
      writeFileSync(file, writeSafetensors(one.inputs()))
      const outcomes = await measureCase(one.name, file, entrantsOf(one, line), {
        rounds,
        ...(quick && { warmUpMs: 0 }),
      })
      const { name, size, images, host } = one
      report.cases.push({ name, size, images, host, outcomes: Object.fromEntries(outcomes) })
    }
    if (memory)
      report.memory = await measureMemory(
        folder,
        [...line.backends.map(({ ours }) => ours), ...Object.values(line.torch)],
        options,
      )
  } finally {
    rmSync(folder, { recursive: true })
    await Promise.all(everyone(line).map(participant => participant.stop()))
  }
  mkdirSync(out, { recursive: true })
  const path = join(out, machineName(report))
  writeFileSync(`${path}.json`, `${JSON.stringify(report, null, 2)}\n`)
  writeFileSync(`${path}.md`, markdown(report))
  console.log(markdown(report))
  console.log(`Written to ${path}.json and .md.`)
  for (const failure of failures(report)) console.error(`FAILED: ${failure}`)
  if (failures(report).length > 0) process.exitCode = 1
}

/** The participants of a case, backend by backend. Only the process of the first backend runs a case of the host. */
function entrantsOf({ host, openStock }: Case, { backends, torch }: LineUp): Entrant[] {
  const chosen = host ? backends.slice(0, 1) : backends
  const needed = new Set(chosen.map(({ name }) => (ON_GPU.includes(name) ? torch.cuda : torch.cpu)))
  return [
    ...chosen.flatMap(({ ours, stock }) => [
      { participant: ours },
      ...(openStock === null ? [] : [{ participant: stock, lacking: NO_KERNEL }]),
    ]),
    ...[...needed].flatMap(participant => (participant ? [{ participant, lacking: NO_PACKAGE }] : [])),
  ]
}
