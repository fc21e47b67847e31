import * as tf from '@tensorflow/tfjs-core'
import { compilerOf, registerCompiler } from '../compile/compilers.js'
import type { TensorflowBackend } from '../tensorflow/eager.js'
import { graphCompiler } from '../tensorflow/graph/graph-compiler.js'
import { registerTensorflowKernels } from '../tensorflow/register.js'
import { loadModel } from './load-model.js'
import { loadNativeOperations } from './native-operations.js'

/**
 * Give tfjs-node's backend its compiler, and our kernels.
 *
 * @returns the instructions of our native operations, if it has got them
 */
export function extendTensorflow({ onCpu }: { onCpu: boolean }): string | undefined {
  compileToGraphs() // before the kernels, so that their constants have handles too
  const instructions = onCpu ? loadNativeOperations() : undefined
  registerTensorflowKernels(instructions !== undefined)
  return instructions
}

/** Give the backend a compiler, once: a GraphBinding stays in front of its binding for good. */
function compileToGraphs(): void {
  const backend = tf.findBackend('tensorflow')
  if (compilerOf(backend)) return
  const compiler = graphCompiler(backend as unknown as TensorflowBackend, loadModel)
  if (compiler) registerCompiler(backend, compiler)
}
