import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type FileContent, writeFileWhole } from '@rectified-flow/checkpoints/node'

/** Write a command's result to a file, whole or not at all. The folder is made if it is missing. */
export async function writeOutput(path: string, content: FileContent): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFileWhole(path, content)
}
