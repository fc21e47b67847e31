import type { Binding } from '../eager.js'
import type { Record } from './graph-runs.js'
import { Handles } from './handles.js'
import { Recorder } from './recorder.js'

/** Stands between tfjs-node's backend and libtensorflow: passes calls on, and those of a recorded body to a recorder. */
export class GraphBinding {
  readonly #raw: Binding
  readonly #handles: Handles
  #recorder: Recorder | undefined

  constructor(raw: Binding) {
    this.#raw = raw
    this.#handles = new Handles(raw)
  }

  /** The same binding, with its calls going through this object. */
  binding(): Binding {
    const ours = {
      executeOp: this.#executeOp,
      createTensor: this.#createTensor,
      deleteTensor: this.#deleteTensor,
      tensorDataSync: this.#tensorDataSync,
      runSavedModel: this.#runSavedModel,
      runKernel: this.#runKernel,
    }
    // Defined and not assigned: the addon's own properties are read-only.
    const descriptors = Object.entries(ours).map(
      ([name, value]) => [name, { value, writable: true }] as const,
    )
    return Object.create(this.#raw, Object.fromEntries(descriptors))
  }

  readonly record: Record = (body, follow, end) => {
    const recorder = new Recorder(this.#raw, this.#handles, follow)
    this.#recorder = recorder
    try {
      const result = body()
      end(recorder)
      return result
    } catch (error) {
      recorder.differ('it threw an error') // compute what was deferred: the caller may use it
      throw error
    } finally {
      this.#recorder = undefined
    }
  }

  readonly #executeOp: Binding['executeOp'] = (name, attrs, ids, count) =>
    this.#recorder
      ? this.#recorder.call(name, attrs, ids, count)
      : this.#raw.executeOp(name, attrs, this.#handles.reals(ids), count).map(this.#handles.adopt)

  readonly #createTensor: Binding['createTensor'] = (shape, dtype, values) =>
    this.#handles.create(shape, dtype, values).id

  readonly #deleteTensor: Binding['deleteTensor'] = id => {
    const handle = this.#handles.dispose(id)
    if (!handle) this.#raw.deleteTensor(id)
    else if (!this.#recorder?.needs(handle)) this.#handles.release(handle)
  }

  readonly #tensorDataSync: Binding['tensorDataSync'] = id => {
    const handle = this.#handles.get(id)
    if (!handle) return this.#raw.tensorDataSync(id)
    if (handle.values) return handle.values.slice()
    this.#recorder?.differ('it reads the numbers of a tensor')
    return this.#raw.tensorDataSync(this.#handles.realOf(handle))
  }

  readonly #runSavedModel: Binding['runSavedModel'] = (id, inputs, inputNames, outputNames) => {
    this.#recorder?.differ('it runs a saved model')
    const reals = this.#handles.reals(inputs)
    return this.#raw.runSavedModel(id, reals, inputNames, outputNames).map(this.#handles.adopt)
  }

  readonly #runKernel: NonNullable<Binding['runKernel']> = (run, make) =>
    this.#recorder ? this.#recorder.kernel(run, make) : make()
}
