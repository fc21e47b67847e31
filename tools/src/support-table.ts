// Runs the conformance suite on every backend of this machine and writes what it showed into the README's support table:
// `pnpm conformance`. A backend that could not run is a dash, never a tick.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

interface Row {
  group: string
  error: number
  tolerance: number
}

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'conformance-'))
const columns = {
  wasm: 'wasm',
  node: 'tfjs-node',
  'webgpu-software': 'WebGPU in Node',
  'chromium-wasm': 'wasm in Chromium',
  'chromium-webgpu-software': 'WebGPU in Chromium',
}

const vitest = join(root, 'node_modules/vitest/vitest.mjs')
const run = (path: string, env: Record<string, string>) =>
  spawnSync(process.execPath, [vitest, 'run', path], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, CONFORMANCE_DIR: folder, ...env },
  })
for (const backend of ['wasm', 'node', 'webgpu-software']) run('test/conformance', { BACKEND: backend })
run('test/browser/conformance', {})

const results = new Map(
  readdirSync(folder).map(file => [
    file.replace('.json', ''),
    JSON.parse(readFileSync(join(folder, file), 'utf8')) as Row[],
  ]),
)
rmSync(folder, { recursive: true })

const groups = [...new Set([...results.values()].flat().map(row => row.group))]
const cell = (rows: Row[] | undefined) => {
  if (!rows || rows.length === 0) return '–'
  const failed = rows.filter(({ error, tolerance }) => !(error <= tolerance)).length
  const worst = Math.max(...rows.map(row => row.error))
  return failed > 0 ? `${failed} of ${rows.length} fail` : `✓ ${worst === 0 ? '0' : worst.toExponential(0)}`
}
const lines = [
  ['', ...Object.values(columns)],
  Array(Object.keys(columns).length + 1).fill('---'),
  ...groups.map(group => [
    group,
    ...Object.keys(columns).map(key => cell(results.get(key)?.filter(row => row.group === group))),
  ]),
]
const table = lines.map(line => `| ${line.join(' | ')} |`).join('\n')

const readme = join(root, 'README.md')
const text = readFileSync(readme, 'utf8')
const marked = /(<!-- support -->\n)[\s\S]*?(<!-- \/support -->)/
if (!marked.test(text)) throw new Error('README.md has no <!-- support --> ... <!-- /support --> to fill.')
writeFileSync(readme, text.replace(marked, `$1\n${table}\n\n$2`))
console.log(table)
