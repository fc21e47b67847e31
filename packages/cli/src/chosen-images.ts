import type { ImageSource } from '@rectified-flow/datasets'

/** The indices that `--images` names, which must be there, or all of them. */
export function chosenImages(asked: number[] | undefined, { count }: ImageSource, path: string): number[] {
  const absent = asked?.find(index => index >= count)
  if (absent !== undefined)
    throw new RangeError(`--images must be in 0..${count - 1}, the images of '${path}', got ${absent}.`)
  return asked ?? [...Array(count).keys()]
}
