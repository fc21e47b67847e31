import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { transform } from 'esbuild'
import type { Installer } from './installers.js'
import { digitsProblem } from './measure-digits.js'
import type { Program, Readme } from './readme-programs.js'
import { report } from './report.js'
import { runNode } from './run.js'

/** A program that trains takes minutes: it runs under npm only. */
const trains = ({ code }: Program) => /\bnew Trainer\(|\btrain(Folder)?\(/.test(code)

/**
 * Do what a README says, as a user does: install what it names into an empty project, run all its programs, and under npm
 * its commands. Returns whether it could be installed.
 */
export async function rehearse(
  name: string,
  readme: Readme,
  installer: Installer,
  project: string,
): Promise<boolean> {
  const check = (what: string, problem: string | null) => report(name, `${installer.name}: ${what}`, problem)
  mkdirSync(project, { recursive: true })
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'first-hour', private: true }))
  const { problem } = await installer.install(readme.install, project)
  check('install', problem)
  if (problem !== null) return false
  for (const [i, program] of readme.programs.entries()) {
    if (trains(program) && installer.name !== 'npm') continue
    check(`example ${i + 1}`, await programProblem(program, `example-${i + 1}.mjs`, project))
  }
  if (installer.name === 'npm')
    for (const line of readme.commands)
      if (line.startsWith('npx @')) await checkAlone(name, line, installer, `${project}-alone`)
      else check(line, (await installer.run(line, project)).problem)
  return true
}

/** A line `npx @scope/package ...` needs no project: it must do its work in an empty folder, with an empty store, in a minute. */
async function checkAlone(name: string, line: string, installer: Installer, folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
  const begin = performance.now()
  const { problem } = await installer.run(line, folder, { npm_config_cache: `${folder}-store` })
  const seconds = (performance.now() - begin) / 1000
  const late = seconds <= 60 ? null : 'it must take at most a minute'
  const samples = line.includes('.png') ? await samplesProblem(folder) : null
  report(name, `${line} (${seconds.toFixed(0)} s)`, problem ?? late ?? samples)
}

async function programProblem(program: Program, file: string, project: string): Promise<string | null> {
  const { code } = await transform(program.code, { loader: 'ts', target: 'es2022' })
  writeFileSync(join(project, file), code)
  const { stdout, problem } = await runNode(file, [], { cwd: project, timeoutMs: 600_000 })
  if (problem !== null) return problem
  if (program.output !== null && stdout.trim() !== program.output.trim())
    return `printed\n${stdout.trim()}\nwhere the README says\n${program.output.trim()}`
  return trains(program) ? await samplesProblem(project) : null
}

/** What is wrong with the pictures that a program left in its folder: there must be some, of digits. */
async function samplesProblem(project: string): Promise<string | null> {
  const pictures = readdirSync(project).filter(name => name.endsWith('.png'))
  if (pictures.length === 0) return 'samples must be written into a PNG, so that they are measured'
  for (const picture of pictures) {
    const problem = await digitsProblem(join(project, picture))
    if (problem !== null) return `${picture}: ${problem}`
  }
  return null
}
