import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const scripts = join(import.meta.dirname, 'python')
const environment = join(import.meta.dirname, '../../node_modules/.cache/peers')
const files = ['requirements.txt', 'requirements-alone.txt'].map(name => join(scripts, name)) as [
  string,
  string,
]

/** The Python of a virtual environment that has all peers. It is made, and made again when a pinned version changes. */
export async function pythonWithPeers(): Promise<string> {
  const python = join(environment, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python')
  const stamp = join(environment, 'installed')
  const pinned = createHash('sha256')
  for (const file of files) pinned.update(await readFile(file))
  const wanted = pinned.digest('hex')
  if ((await readFile(stamp, 'utf8').catch(() => '')) === wanted) return python
  await rm(environment, { recursive: true, force: true })
  await run(process.platform === 'win32' ? 'python' : 'python3', ['-m', 'venv', environment])
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check']
  await run(python, [...pip, '-r', files[0]])
  await run(python, [...pip, '--no-deps', '-r', files[1]])
  await writeFile(stamp, wanted)
  return python
}

/** Run `python/against_NAME.py` in a folder. */
export async function runScript(python: string, name: string, folder: string): Promise<void> {
  const script = join(scripts, `against_${name.replaceAll('-', '_')}.py`)
  try {
    await run(python, [script, folder], { maxBuffer: 2 ** 26 })
  } catch (error) {
    const { stderr = String(error) } = error as { stderr?: string }
    throw new Error(`${script} must end without an error, got:\n${stderr.slice(-4000)}`)
  }
}

/** The versions of packages that this Python has. */
export async function versionsOf(python: string, names: readonly string[]): Promise<Record<string, string>> {
  const code =
    'import json, sys; from importlib.metadata import version; print(json.dumps({n: version(n) for n in sys.argv[1:]}))'
  return JSON.parse((await run(python, ['-c', code, ...names])).stdout)
}
