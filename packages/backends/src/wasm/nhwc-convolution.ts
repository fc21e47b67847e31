/** A convolution from NHWC to NHWC; tensors are given by their addresses. */
export interface Convolution {
  x: number
  /** [h,w,I,O]; if `turned`, [h,w,O,I], the filter of the convolution whose input gradient this is. */
  filter: number
  /** [O] */
  bias?: number
  /** [B,H',W',O], to add, and what to multiply the sum with: 1 by default, and without skip. */
  skip?: number
  scale?: number
  y: number
  /** [B,H,W,I] */
  inShape: readonly number[]
  /** [B,H',W',O] */
  outShape: readonly number[]
  /** [h,w] */
  filterShape: readonly [number, number]
  strides?: readonly [number, number]
  /** Rows and columns of padding before the image. */
  top?: number
  left?: number
  turned?: boolean
  /** Whether each image has a filter of its own, [B,h,w,I,O]. */
  filterEach?: boolean
}
