import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { type Program, pageProgram } from './page-program.js'

// Every program of every page runs as it is printed, on the packages' sources, and prints what the page says it prints.

const root = join(import.meta.dirname, '../..')
const docs = join(root, 'docs')
const project = mkdtempSync(join(tmpdir(), 'pages-'))
symlinkSync(join(root, 'node_modules'), join(project, 'node_modules'), 'dir')
afterAll(() => rmSync(project, { recursive: true }))

const folders = ['guide', 'concepts', 'recipes', 'migration', 'numbers']
const pages = folders.flatMap(folder => readdirSync(join(docs, folder)).map(name => `${folder}/${name}`))

const programs = new Map<string, Program>()
for (const page of ['index.md', ...pages]) {
  const program = page.endsWith('.md') ? pageProgram(join(docs, page)) : null
  if (program !== null) programs.set(page, program)
}
/** Whether another page goes on with the program, so that it runs there. */
const isContinued = ({ code }: Program) =>
  [...programs.values()].some(other => other.code !== code && other.code.startsWith(code))

for (const [page, program] of programs) {
  if (isContinued(program)) continue
  test(page, { timeout: 300_000 }, async () => {
    const folder = join(project, page.replace('.md', ''))
    mkdirSync(folder, { recursive: true })
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'dir')
    writeFileSync(join(folder, 'main.mjs'), program.code)
    const { stdout, stderr, code } = await run(folder)
    expect(code, stderr.slice(-2000)).toBe(0)
    expect(stdout).toBe(program.output)
  })
}

/** Run main.mjs of a folder as a user does, with the packages' sources in place of their builds. */
async function run(folder: string): Promise<{ stdout: string; stderr: string; code: number | null }> {
  const sources = ['--conditions=@rectified-flow/source', '--import', join(docs, 'test/sources.mjs')]
  const child = spawn(process.execPath, [...sources, 'main.mjs'], { cwd: folder })
  const text = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', chunk => {
      text[name] += chunk
    })
  const code = await new Promise<number | null>(resolve => child.on('close', resolve))
  return { ...text, code }
}
