import { NumericError } from '@rectified-flow/core'
import type * as tf from '@tensorflow/tfjs-core'

/** The numbers of a step's report, which is disposed of. The error names the step. */
export async function readReport(report: tf.Tensor1D, step: number): Promise<Float32Array> {
  try {
    return (await report.data()) as Float32Array
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    const got = `the report of step ${step} must be readable, got: ${why.replace(/\.$/, '')}.`
    const message = `reflow.Trainer.advance: ${got} Restore a state to go on.`
    throw cause instanceof NumericError
      ? new NumericError(cause.code, message, { cause })
      : new Error(message, { cause })
  } finally {
    report.dispose()
  }
}
