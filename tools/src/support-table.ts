// The support table: the results of the conformance suite on every backend. A backend that could not run is a dash.
//   pnpm conformance                runs the suite on every backend of this machine, and fills the README's table
//   pnpm conformance --from FOLDER  prints the table of earlier runs from their CONFORMANCE_DIR; fails if a case failed
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

interface Row {
  group: string
  error: number
  tolerance: number
}

const root = fileURLToPath(new URL('../..', import.meta.url))
const columns = {
  wasm: 'wasm',
  node: 'tfjs-node',
  'webgpu-software': 'WebGPU in Node',
  'chromium-wasm': 'wasm in Chromium',
  'chromium-webgpu-software': 'WebGPU in Chromium',
}

/** Run the whole suite on every backend; the results go to a folder. */
function runEverywhere(folder: string): void {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const run = (path: string, env: Record<string, string>) =>
    spawnSync(process.execPath, [vitest, 'run', path], {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, CONFORMANCE_DIR: folder, ...env },
    })
  for (const backend of ['wasm', 'node', 'webgpu-software']) run('test/conformance', { BACKEND: backend })
  run('test/browser/conformance', {})
}

function readResults(folder: string): Map<string, Row[]> {
  return new Map(
    readdirSync(folder).map(file => [
      file.replace('.json', ''),
      JSON.parse(readFileSync(join(folder, file), 'utf8')) as Row[],
    ]),
  )
}

const fails = ({ error, tolerance }: Row) => !(error <= tolerance)

function cell(rows: Row[] | undefined): string {
  if (!rows || rows.length === 0) return '–'
  const failed = rows.filter(fails).length
  const worst = Math.max(...rows.map(row => row.error))
  return failed > 0 ? `${failed} of ${rows.length} fail` : `✓ ${worst === 0 ? '0' : worst.toExponential(0)}`
}

function tableOf(results: ReadonlyMap<string, Row[]>): string {
  const groups = [...new Set([...results.values()].flat().map(row => row.group))]
  const lines = [
    ['', ...Object.values(columns)],
    Array(Object.keys(columns).length + 1).fill('---'),
    ...groups.map(group => [
      group,
      ...Object.keys(columns).map(key => cell(results.get(key)?.filter(row => row.group === group))),
    ]),
  ]
  return lines.map(line => `| ${line.join(' | ')} |`).join('\n')
}

function fillReadme(table: string): void {
  const readme = join(root, 'README.md')
  const text = readFileSync(readme, 'utf8')
  const marked = /(<!-- #region support -->\n)[\s\S]*?(<!-- #endregion support -->)/
  if (!marked.test(text))
    throw new Error('README.md has no <!-- #region support --> ... <!-- #endregion support --> to fill.')
  writeFileSync(readme, text.replace(marked, `$1\n${table}\n\n$2`))
}

const { from } = parseArgs({ options: { from: { type: 'string' } } }).values
const folder = from ?? mkdtempSync(join(tmpdir(), 'conformance-'))
if (!from) runEverywhere(folder)
const results = readResults(folder)
const table = tableOf(results)
console.log(table)
if (!from) {
  fillReadme(table)
  rmSync(folder, { recursive: true })
}
process.exit(results.size === 0 || [...results.values()].flat().some(fails) ? 1 : 0)
