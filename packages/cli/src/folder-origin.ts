import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFileWhole } from '@rectified-flow/checkpoints/node'
import { isSettings } from './read-settings.js'

/** All that decides pictures besides their numbers: the network, the sampler, the data. */
export type Origin = Readonly<Record<string, string | number>>

const NAME = 'origin.json'

/**
 * Keep the origin of a folder's pictures beside them, or check that they have this one: pictures that are there count as
 * drawn. Any number of processes may call it at once.
 *
 * @param empty  whether the folder has no pictures yet
 * @throws RangeError if it has pictures of another origin, or of one that isn't known
 */
export async function keepOrigin(folder: string, origin: Origin, empty: boolean): Promise<void> {
  const path = join(folder, NAME)
  if (empty) await writeFileWhole(path, `${JSON.stringify(origin, null, 2)}\n`, { replace: false })
  const have = parsed(await readFile(path, 'utf8').catch(() => ''))
  if (!have)
    throw new RangeError(
      `--out must name a new folder, or one whose pictures have their ${NAME}, got '${folder}', which has none that can be read.`,
    )
  for (const key of new Set([...Object.keys(have), ...Object.keys(origin)])) {
    const [a, b] = [JSON.stringify(have[key]), JSON.stringify(origin[key])]
    if (a !== b)
      throw new RangeError(
        `${key} must be ${a}, as of the pictures in '${folder}', got ${b}. Other pictures need another --out.`,
      )
  }
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isSettings(value) ? value : undefined
  } catch {
    return undefined
  }
}
