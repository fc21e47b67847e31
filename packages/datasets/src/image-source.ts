/** Images on the host, as `ImageSource.read` gives them. */
export interface ImageRows {
  /** Pixels 0..255, [B,H,W,C]. */
  images: Uint8Array
  /** Class of each image, [B], if the source has classes. */
  labels?: ArrayLike<number>
}

/**
 * Images of one size that are read by index, from memory, a folder or a zip. `imageDataset` makes a source, `openImages`
 * of `/node` opens one, and any object with these members is one.
 */
export interface ImageSource {
  readonly count: number
  readonly height: number
  readonly width: number
  readonly channels: number
  /** How many classes there are; absent if the images have no labels. */
  readonly classes?: number | undefined
  /** The names of the classes in the order of their numbers, if the data have names: see `oneHot` of core. */
  readonly classNames?: readonly string[] | undefined
  /** The images at these indices, in this order; an index may come twice. */
  read(indices: ArrayLike<number>): Promise<ImageRows>
  /** Close the files that are open. Safe to call twice. */
  close(): Promise<void>
}
