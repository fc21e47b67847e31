export type NumericErrorCode = 'non-finite' | 'not-converged' | 'singular' | 'device-lost' | 'gpu-error'

/** A computation that failed with good arguments. `code` is stable; the message is for people. */
export class NumericError extends Error {
  override readonly name = 'NumericError'
  constructor(
    readonly code: NumericErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}
