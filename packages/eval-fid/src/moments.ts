/** Mean [F] and covariance [F,F] (row-major) of features. */
export interface Moments {
  readonly mean: Float64Array
  readonly covariance: Float64Array
}
