import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFileWhole } from '@rectified-flow/checkpoints/node'
import { checkInt, checkOptions, type OptionNames } from '@rectified-flow/core'
import { encode } from 'fast-png'
import type { PairRows } from '../pair-source.js'
import { ZipWriter } from './zip-writer.js'

const WHERE = 'datasets.writeReferencePairs'

/** Pairs whose noise is a PCG64 state: a store of 'pcg64' noise, or the result of `openReferencePairs`. */
export interface StatePairs {
  readonly count: number
  read(indices: ArrayLike<number>): Promise<PairRows>
}

export interface WriteReferenceOptions {
  /** Shape of one image, [H,W,C], C 1 or 3. */
  shape: readonly [number, number, number]
  /** How many pairs are read at once. */
  batch?: number
  onProgress?: (done: number, count: number) => void
}

const writeReferenceNames: OptionNames<WriteReferenceOptions> = {
  shape: 'required',
  batch: 'optional',
  onProgress: 'optional',
}

/**
 * Write pairs as the reference stores them: `samples.zip`, `z.zip` and `images_labels.csv` in a directory. Each file gets
 * its name when it is whole. The same pairs give the same bytes. Only `batch` pairs are in memory at a time.
 */
export async function writeReferencePairs(
  directory: string,
  pairs: StatePairs,
  options: WriteReferenceOptions,
): Promise<void> {
  checkOptions('datasets.writeReferencePairs', options, writeReferenceNames)
  const { shape, batch = 256, onProgress } = options
  checkInt(WHERE, 'batch', batch, 1)
  const [height, width, channels] = shape
  const size = height * width * channels
  const digits = Math.max(5, String(pairs.count - 1).length)
  const name = (index: number) => String(index).padStart(digits, '0')
  const lines: string[] = []
  await mkdir(directory, { recursive: true })
  await writeFileWhole(join(directory, 'samples.zip'), samplesFile =>
    writeFileWhole(join(directory, 'z.zip'), async statesFile => {
      const [samples, states] = [new ZipWriter(samplesFile), new ZipWriter(statesFile)]
      for (let first = 0; first < pairs.count; first += batch) {
        const indices = Array.from({ length: Math.min(batch, pairs.count - first) }, (_, i) => first + i)
        const { images, noise, labels } = await pairs.read(indices)
        if (
          !(images instanceof Uint8Array) ||
          !(noise instanceof Uint8Array) ||
          noise.length !== 32 * indices.length
        )
          throw new TypeError(
            `${WHERE}: pairs must be images of bytes and noise of PCG64 states, got other pairs.`,
          )
        for (const [i, index] of indices.entries()) {
          const data = images.subarray(i * size, (i + 1) * size)
          await samples.add(`${name(index)}.png`, encode({ width, height, channels, depth: 8, data }))
          await states.add(`${name(index)}.bin`, noise.subarray(32 * i, 32 * i + 32))
          lines.push(`${name(index)}.png${labels ? `,${labels[i]}` : ''}\r\n`)
        }
        onProgress?.(first + indices.length, pairs.count)
      }
      await Promise.all([samples.finish(), states.finish()])
    }),
  )
  await writeFileWhole(join(directory, 'images_labels.csv'), lines.join(''))
}
