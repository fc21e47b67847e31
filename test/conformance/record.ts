import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface Row {
  group: string
  name: string
  /** Largest difference from the reference, as a share of the reference's largest number. */
  error: number
  tolerance: number
}

/** Write the results of a backend into the folder CONFORMANCE_DIR, for the support table. */
export async function record(backend: string, rows: readonly Row[]): Promise<void> {
  const folder = process.env.CONFORMANCE_DIR
  if (!folder) return
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, `${backend}.json`), JSON.stringify(rows, null, 2))
}
