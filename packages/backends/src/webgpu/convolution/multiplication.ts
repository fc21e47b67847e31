/** How a variant multiplies two tiles, in WGSL. */
export interface Multiplication {
  declarations: string
  /** Statements before the first pair of tiles, for each pair, and at the end, which call `putFour` for the sums. */
  start: string
  step: string
  finish: string
}
