import { checkIndices } from './internal/check-indices.js'

/** What a part has of its source: an `ImageSource` stays one, and pairs stay pairs. */
export type Part<Source> = Pick<Source, keyof Source & ('count' | Described | Reading | 'quality' | 'close')>

type Described = 'height' | 'width' | 'channels' | 'classes' | 'classNames'
type Reading = 'read' | 'batch'

/** The part of a source that has these of its indices. It reads from the source, and closes it. */
export function partOf<Source extends object>(source: Source, indices: Int32Array): Part<Source> {
  const whole = source as Partial<Record<Described, unknown>> & {
    read?(indices: ArrayLike<number>): unknown
    batch?(indices: ArrayLike<number>): unknown
    quality?(): Promise<Record<string, Float32Array>>
    close?(): unknown
  }
  const at = (name: string, given: ArrayLike<number>) => {
    checkIndices(`datasets.${name}`, given, indices.length)
    return Int32Array.from(given, i => indices[i]!)
  }
  const { height, width, channels, classes, classNames } = whole
  return {
    count: indices.length,
    ...(height !== undefined && { height, width, channels }),
    ...(classes !== undefined && { classes }),
    ...(classNames !== undefined && { classNames }),
    ...(whole.read && { read: async (given: ArrayLike<number>) => whole.read!(at('read', given)) }),
    ...(whole.batch && { batch: (given: ArrayLike<number>) => whole.batch!(at('batch', given)) }),
    ...(whole.quality && { quality: async () => mapped(await whole.quality!(), indices) }),
    ...(whole.close && { close: () => whole.close!() }),
  } as unknown as Part<Source>
}

function mapped(quality: Record<string, Float32Array>, indices: Int32Array): Record<string, Float32Array> {
  const rows = (values: Float32Array) => Float32Array.from(indices, i => values[i]!)
  return Object.fromEntries(Object.entries(quality).map(([name, values]) => [name, rows(values)]))
}
