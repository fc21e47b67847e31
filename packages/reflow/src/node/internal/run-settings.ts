import { createHash } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFileWhole } from '@rectified-flow/checkpoints/node'

/** All settings that decide a run's numbers, as JSON values. */
export type RunSettings = Readonly<Record<string, unknown>>

/**
 * Make a run's folder, or check that an existing one has the same settings.
 *
 * @returns  a short name of the settings
 * @throws RangeError if the folder's run has other settings; the message names the first one that differs
 */
export async function claimFolder(where: string, folder: string, settings: RunSettings): Promise<string> {
  const path = join(folder, 'settings.json')
  const want = sorted(settings) as RunSettings
  await mkdir(folder, { recursive: true })
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw new RangeError(
      `${where}: settings.json must be a readable file, got ${error.code} for '${path}'.`,
      {
        cause: error,
      },
    )
  })
  if (text === undefined) await writeFileWhole(path, `${JSON.stringify(want, null, 2)}\n`)
  else checkSame(where, folder, parsed(where, path, text), want)
  return createHash('sha256').update(JSON.stringify(want)).digest('hex').slice(0, 16)
}

function parsed(where: string, path: string, text: string): RunSettings {
  try {
    return { ...(JSON.parse(text) as RunSettings) }
  } catch (cause) {
    throw new RangeError(`${where}: settings.json must be JSON, got other text in '${path}'.`, { cause })
  }
}

function checkSame(where: string, folder: string, have: RunSettings, want: RunSettings): void {
  for (const key of new Set([...Object.keys(have), ...Object.keys(want)])) {
    const [a, b] = [JSON.stringify(have[key]), JSON.stringify(want[key])]
    if (a !== b)
      throw new RangeError(
        `${where}: settings.${key} must be ${a}, as in the run in '${folder}', got ${b}. Other settings need another folder.`,
      )
  }
}

/** The same value as JSON reads it back, with its keys in alphabetical order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (value === null || typeof value !== 'object') return value
  const entries = Object.entries(value).filter(([, entry]) => entry !== undefined)
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, entry]) => [key, sorted(entry)]),
  )
}
