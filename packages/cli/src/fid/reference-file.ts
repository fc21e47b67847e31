import { createHash } from 'node:crypto'
import { readNpz, toFloat32, writeNpz } from '@rectified-flow/checkpoints'
import { type Measurement, type Reference, readMoments, writeMoments } from '@rectified-flow/eval-fid'
import { inside, readInput } from '../input-file.js'
import { limit, type MaxBytesFlag } from '../max-bytes-option.js'
import { writeOutput } from '../write-output.js'

/**
 * Write a reference: `mu` and `sigma`, and `mu_s` and `sigma_s` if there are spatial features, under the usual names. With
 * `keepFeatures` also `features` [N,F], which kernel distance, precision and recall need.
 */
export async function writeReference(
  path: string,
  { moments, spatial, samples }: Measurement,
  keepFeatures: boolean,
): Promise<void> {
  const bytes = await writeMoments({
    features: moments!.moments(),
    ...(spatial && { spatial: spatial.moments() }),
  })
  if (!keepFeatures || !samples) return writeOutput(path, bytes)
  const arrays = await readNpz(bytes)
  arrays.set('features', { dtype: 'F32', shape: [...samples.shape], data: Float32Array.from(samples.data) })
  return writeOutput(path, await writeNpz(arrays))
}

/** Read a reference file of ours, EDM, pytorch-fid, clean-fid or OpenAI, and compute its hash. */
export async function readReference(
  path: string,
  { maxBytes }: MaxBytesFlag = {},
): Promise<{ reference: Reference; sha256: string }> {
  const bytes = await readInput('--ref', path)
  const [{ features, spatial }, arrays] = await inside(
    `--ref '${path}'`,
    async () => [await readMoments(bytes, limit(maxBytes)), await readNpz(bytes, limit(maxBytes))] as const,
  )
  const samples = arrays.get('features')
  if (samples && (samples.shape.length !== 2 || samples.shape[1] !== features.mean.length))
    throw new RangeError(
      `--ref must hold features [N,${features.mean.length}], as many as mu has, got [${samples.shape}] in '${path}'.`,
    )
  const reference: Reference = {
    moments: features,
    ...(spatial && { spatial }),
    ...(samples && { samples: { data: toFloat32(samples), shape: samples.shape as [number, number] } }),
  }
  return { reference, sha256: createHash('sha256').update(bytes).digest('hex') }
}
