import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Let all tests of a run make their temporary files in one folder, which goes when the run ends. */
export default function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'rectified-flow-tests-'))
  process.env.TMPDIR = process.env.TEMP = process.env.TMP = folder // what os.tmpdir() reads, on Windows too
  return () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
}
