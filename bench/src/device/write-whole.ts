import { renameSync, writeFileSync } from 'node:fs'

/** Write a file, as JSON if it is not a text, so that a kill leaves the old file or the new one. */
export function writeWhole(path: string, content: unknown): void {
  const text = typeof content === 'string' ? content : `${JSON.stringify(content, null, 1)}\n`
  writeFileSync(`${path}.part`, text)
  renameSync(`${path}.part`, path)
}
