import { renameSync, writeFileSync } from 'node:fs'

/**
 * Write a file, as JSON if it is not a text, so that a kill leaves the old file or the new one. It is done when the
 * call returns, so that an entry is on the disk before the next one is awaited.
 */
export function writeWhole(path: string, content: unknown): void {
  const text = typeof content === 'string' ? content : `${JSON.stringify(content, null, 1)}\n`
  writeFileSync(`${path}.part`, text)
  renameSync(`${path}.part`, path)
}
