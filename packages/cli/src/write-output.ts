import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type FileContent, writeFileWhole } from '@rectified-flow/checkpoints/node'

/** Write a command's result to a file, whole or not at all. The folder is made if it is missing. */
export async function writeOutput(path: string, content: FileContent): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true })
    await writeFileWhole(path, content)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === undefined) throw cause
    throw new Error(`cli.writeOutput: path must name a file that can be written, got '${path}' (${code}).`, {
      cause,
    })
  }
}
