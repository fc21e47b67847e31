import { createHash } from 'node:crypto'
import { type Measurement, readReference, writeReference } from '@rectified-flow/eval-fid'
import { inside, readInput } from '../input-file.js'
import { limit, type MaxBytesFlag } from '../max-bytes-option.js'
import { writeOutput } from '../write-output.js'

/** Write the reference of `fid calc`; with `keepFeatures` also for metrics that need the features of every image. */
export async function writeReferenceFile(
  path: string,
  { moments, spatial, samples }: Measurement<'moments'>,
  keepFeatures: boolean,
): Promise<void> {
  const reference = { moments, ...(spatial && { spatial }), ...(keepFeatures && samples && { samples }) }
  await writeOutput(path, await writeReference(reference))
}

/**
 * Read a reference file of ours, EDM, pytorch-fid, clean-fid or OpenAI, and compute its hash.
 *
 * @param option  the option that names it, such as '--ref'
 */
export async function readReferenceFile(
  option: string,
  path: string,
  { maxBytes }: MaxBytesFlag = {},
): Promise<{ reference: Awaited<ReturnType<typeof readReference>>; sha256: string }> {
  const bytes = await readInput(option, path)
  const reference = await inside(`${option} '${path}'`, () => readReference(bytes, limit(maxBytes)))
  return { reference, sha256: createHash('sha256').update(bytes).digest('hex') }
}
