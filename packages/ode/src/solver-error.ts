import { NumericError, type NumericErrorCode } from '@rectified-flow/core'

/** How far an adaptive solve had come. */
export interface SolverStanding {
  t: number
  nfe: number
  accepted: number
  rejected: number
}

/** An adaptive solve could not go on. Says where it stopped; its code is 'non-finite' or 'not-converged'. */
export class SolverError extends NumericError {
  readonly t: number
  readonly nfe: number
  readonly accepted: number
  readonly rejected: number

  constructor(code: NumericErrorCode, message: string, { t, nfe, accepted, rejected }: SolverStanding) {
    const spent = `${nfe} field calls, ${accepted} steps accepted, ${rejected} rejected`
    super(code, `${message} at t = ${t} (${spent}).`)
    this.t = t
    this.nfe = nfe
    this.accepted = accepted
    this.rejected = rejected
  }
}
