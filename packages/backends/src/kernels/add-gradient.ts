import * as tf from '@tensorflow/tfjs-core'
import { byName, registryName } from './run-kernel.js'
import { type Attrs, type Inputs, type KernelName, type Outputs, places } from './table.js'
import { mark } from './version-mark.js'

/** What a gradient is made of, by name. */
interface Saved<Name extends KernelName, In, Out> {
  /** The slope of each output; 0 where nothing came of it. */
  dy: Outputs<Name>
  inputs: Pick<Inputs<Name>, In & keyof Inputs<Name>>
  outputs: Pick<Outputs<Name>, Out & keyof Outputs<Name>>
  attrs: Attrs<Name>
}

/** A function for each input: called where that input's gradient is asked for. What it makes besides is freed after it. */
type Gradients<T> = { [Input in keyof T]: () => tf.Tensor }

/**
 * Register a kernel's gradient, which is one for all backends.
 *
 * @param saves  the inputs and outputs that are kept for it; 'all' where the inputs are a list
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
  const { inputs: inputNames = [], outputs: outputNames = [] } = saves
  const order = Object.entries<number>(places[name]).sort(([, a], [, b]) => a - b)
  const kept = order.map(([output]) => outputNames.includes(output as unknown as Out))
  const keptNames = order.filter((_, i) => kept[i]).map(([output]) => output)
  tf.registerGradient({
    kernelName: registryName(name),
    ...(inputNames === 'all'
      ? { saveAllInputs: true }
      : { inputsToSave: inputNames as readonly string[] as string[] }),
    outputsToSave: kept,
    gradFunc: (slopes, saved, attrs) => {
      const inputs = inputNames === 'all' ? saved : named(inputNames as readonly string[], saved)
      const outputs = inputNames === 'all' ? {} : named(keptNames, saved.slice(inputNames.length))
      const given = { dy: byName(name, [slopes].flat()), inputs, outputs, attrs }
      return gradient(given as unknown as Saved<Name, In, Out>) as unknown as ReturnType<tf.GradFunc>
    },
    ...mark,
  } as tf.GradConfig)
}

/** Tensors by name; the last names have none where there are fewer tensors. */
function named(names: readonly string[], tensors: readonly tf.Tensor[]): Record<string, tf.Tensor> {
  return Object.fromEntries(tensors.map((tensor, i) => [names[i] as string, tensor]))
}
