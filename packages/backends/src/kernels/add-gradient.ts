import * as tf from '@tensorflow/tfjs-core'
import { byName, outputNames } from './output-order.js'
import { registryName } from './run-kernel.js'
import type { Attrs, Inputs, KernelName, Outputs } from './table.js'
import { mark } from './version-mark.js'

/** What a gradient function gets, by name. */
interface Saved<Name extends KernelName, In, Out> {
  /** The gradient with respect to each output; 0 for an output that was not used. */
  dy: Outputs<Name>
  inputs: Pick<Inputs<Name>, In & keyof Inputs<Name>>
  outputs: Pick<Outputs<Name>, Out & keyof Outputs<Name>>
  attrs: Attrs<Name>
}

/** One function for each input, called only if that input's gradient is needed. Its other tensors are freed when it ends. */
type Gradients<T> = { [Input in keyof T]: () => tf.Tensor }

/**
 * Register a kernel's gradient, the same one for all backends.
 *
 * @param saves  the inputs and outputs that the gradient needs; 'all' if the inputs are a list
 */
export function addGradient<
  Name extends KernelName,
  In extends keyof Inputs<Name> = never,
  Out extends keyof Outputs<Name> = never,
>(
  name: Name,
  saves: { inputs?: readonly In[] | 'all'; outputs?: readonly Out[] },
  gradient: (saved: Saved<Name, In, Out>) => Gradients<Inputs<Name>>,
): void {
  const { inputs: inputNames = [], outputs: kept = [] as readonly Out[] } = saves
  const listed = inputNames === 'all'
  const inputsToSave = listed ? [] : (inputNames as readonly string[])
  const outputs = outputNames(name).map(output => ({
    output,
    isKept: kept.includes(output as unknown as Out),
  }))
  const outputsToSave = outputs.filter(({ isKept }) => isKept).map(({ output }) => output)
  tf.registerGradient({
    kernelName: registryName(name),
    ...(listed ? { saveAllInputs: true } : { inputsToSave: [...inputsToSave] }),
    outputsToSave: outputs.map(({ isKept }) => isKept),
    gradFunc: (slopes, saved, attrs) => {
      const given = {
        dy: byName(name, [slopes].flat()),
        inputs: listed ? saved : named(inputsToSave, saved),
        outputs: named(outputsToSave, saved.slice(inputsToSave.length)),
        attrs,
      }
      return gradient(given as unknown as Saved<Name, In, Out>) as unknown as ReturnType<tf.GradFunc>
    },
    ...mark,
  } as tf.GradConfig)
}

/** Tensors by name, in the order of the names. If the lists differ in length, the rest of the longer one is left out. */
function named(names: readonly string[], tensors: readonly tf.Tensor[]): Record<string, tf.Tensor> {
  const some = tensors.slice(0, names.length)
  return Object.fromEntries(some.map((tensor, i) => [names[i]!, tensor]))
}
