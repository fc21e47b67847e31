import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type HostTensor, readSafetensors, writeSafetensors } from '@rectified-flow/checkpoints'
import { copyFileWhole, readSafetensorsFile, withChecksum } from '@rectified-flow/checkpoints/node'
import type { FeatureSet, Measurement } from '@rectified-flow/eval-fid'
import { writeOutput } from '../write-output.js'

/** What was measured of some images, and all that must be equal in parts that belong together. */
export interface Part {
  id: string
  tensors: Map<string, HostTensor>
  measurement: Pick<Measurement, 'height' | 'width' | 'channels' | 'description'>
}

export const partName = (part: number, total: number) =>
  `part-${String(part).padStart(5, '0')}-of-${total}.safetensors`

/** The names of the parts in a folder, in their order. */
export async function partNames(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    throw new RangeError(`<parts> must be folders of measured parts, got '${folder}' (${cause.code}).`, {
      cause,
    })
  })
  return names.filter(name => /^part-\d+-of-\d+\.safetensors$/.test(name)).sort()
}

/** Copy the parts of one folder into another. */
export async function copyParts(from: string, to: string): Promise<void> {
  const names = await partNames(from)
  if (names.length === 0)
    throw new RangeError(`<parts> must be folders of measured parts, got none in '${from}'.`)
  await mkdir(to, { recursive: true })
  for (const name of names) await copyFileWhole(join(from, name), join(to, name))
}

export async function writePart(path: string, measured: Measurement, id: string): Promise<void> {
  const { samples, logits, spatial, height, width, channels, description } = measured
  const tensors = new Map<string, HostTensor>()
  const put = (name: string, set?: FeatureSet) =>
    set && tensors.set(name, { dtype: 'F32', shape: [...set.shape], data: Float32Array.from(set.data) })
  put('features', samples)
  put('logits', logits)
  for (const [name, tensor] of spatial ? readSafetensors(spatial.save()).tensors : [])
    tensors.set(`spatial.${name}`, tensor)
  const measurement = JSON.stringify({ height, width, channels, description })
  await writeOutput(path, writeSafetensors(tensors, withChecksum(tensors, { id, measurement })))
}

/** Read a part and check its checksum. */
export async function readPart(path: string): Promise<Part> {
  const { tensors, metadata } = await readSafetensorsFile(path)
  const { id, measurement } = metadata
  if (id !== undefined && measurement !== undefined && tensors.has('features'))
    return { id, tensors, measurement: JSON.parse(measurement) as Part['measurement'] }
  throw new RangeError(
    `'${path}' must be a part of a measurement, got another file. Remove it to measure it anew.`,
  )
}

/** Whether a part is there with every bit as it was written. One that was copied by half is measured again. */
export async function isWhole(path: string): Promise<boolean> {
  return readPart(path).then(
    () => true,
    () => false,
  )
}
