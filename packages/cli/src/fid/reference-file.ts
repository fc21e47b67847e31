import { createHash } from 'node:crypto'
import { type Measurement, type Reference, readReference, writeReference } from '@rectified-flow/eval-fid'
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

/** Read a reference file of ours, EDM, pytorch-fid, clean-fid or OpenAI, and compute its hash. */
export async function readReferenceFile(
  path: string,
  { maxBytes }: MaxBytesFlag = {},
): Promise<{ reference: Reference; sha256: string }> {
  const bytes = await readInput('--ref', path)
  const reference = await inside(`--ref '${path}'`, () => readReference(bytes, limit(maxBytes)))
  return { reference, sha256: createHash('sha256').update(bytes).digest('hex') }
}
