import { checkNumber, checkOptions, describe, type OptionNames } from '@rectified-flow/core'
import type { HostTensor } from './host-tensor.js'
import { asBytes } from './internal/as-bytes.js'
import { collectTensors } from './internal/collect-tensors.js'
import { Cursor } from './internal/pickle/cursor.js'
import { runPickle } from './internal/pickle/run-pickle.js'
import { describePy, type PyGlobal, PyObject, type PyValue } from './internal/pickle/values.js'
import { defaultMaxBytes, resolveTensors } from './internal/resolve-tensors.js'
import { StorageRef } from './internal/tensor-ref.js'
import { type Json, toJson } from './internal/to-json.js'
import { weightsGlobal } from './internal/torch/globals.js'
import { readLegacyTorch } from './internal/torch/legacy.js'

const WHERE = 'checkpoints.readEdmPkl'

/** The class of a network and the arguments of its constructor. */
export interface NetworkDescription {
  className: string
  kwargs: Record<string, Json>
}

export interface EdmPkl {
  /** The network's state_dict(). */
  tensors: Map<string, HostTensor>
  network: NetworkDescription
}

export interface ReadEdmPklOptions {
  /** Which of the networks in the file to read. */
  key?: string
  /** The most bytes that the tensors may take; by default 64 MiB plus twice the file's size. */
  maxBytes?: number
}

const readEdmPklNames: OptionNames<ReadEdmPklOptions> = {
  key: 'optional',
  maxBytes: 'optional',
}

/**
 * Read a network from a network pickle of EDM (or StyleGAN 2 and 3): a dict of objects, each with its attributes and the
 * source code of its class. The source is ignored; the tensors, the class's name and the arguments of its constructor are
 * read. As in `readPth`, nothing is run.
 *
 * @see Karras, Aittala, Aila, Laine, Elucidating the Design Space of Diffusion-Based Generative Models (2022)
 */
export async function readEdmPkl(
  bytes: Uint8Array | ArrayBuffer,
  options: ReadEdmPklOptions = {},
): Promise<EdmPkl> {
  checkOptions('checkpoints.readEdmPkl', options, readEdmPklNames)
  const { key = 'ema', maxBytes } = options
  const file = asBytes(WHERE, bytes)
  const limit = maxBytes ?? defaultMaxBytes(file.length)
  checkNumber(WHERE, 'maxBytes', limit, 0)
  const cursor = new Cursor(WHERE, file)
  const root = runPickle(cursor, { global: edmGlobals() })
  if (!(root instanceof Map)) throw cursor.error('the pickle must hold a dict of networks', describePy(root))
  const network = root.get(key)
  if (!(network instanceof PyObject && network.state instanceof Map))
    throw new RangeError(
      `${WHERE}: key must name a network in the file, got ${describe(key)}. It has ${[...root.keys()].slice(0, 8).map(describePy).join(', ')}.`,
    )
  const kwargs = network.state.get('_init_kwargs') ?? new Map()
  return {
    tensors: await resolveTensors(WHERE, collectTensors(WHERE, network), limit),
    network: {
      className: network.className,
      kwargs: toJson(WHERE, '_init_kwargs', kwargs) as Record<string, Json>,
    },
  }
}

/** The globals of weights, and two more: persistent objects, and storages that are pickled as the bytes of an inner file. */
function edmGlobals(): (name: string) => PyGlobal | undefined {
  // Objects that share a storage name the same bytes.
  const storages = new Map<PyValue, StorageRef>()
  const more = {
    'torch_utils.persistence._reconstruct_persistent_obj': ([meta]: PyValue[]) => reconstruct(meta),
    'torch.storage._load_from_bytes': ([bytes]: PyValue[]) => {
      if (!(bytes instanceof Uint8Array)) throw new Error(describePy(bytes))
      const found = storages.get(bytes) ?? loadStorage(bytes)
      storages.set(bytes, found)
      return found
    },
  }
  return name => weightsGlobal(name, more)
}

function reconstruct(meta: PyValue | undefined): PyObject {
  if (!(meta instanceof Map && typeof meta.get('class_name') === 'string')) throw new Error(describePy(meta))
  const object = new PyObject(meta.get('class_name') as string)
  object.state = meta.get('state') ?? null
  return object
}

function loadStorage(bytes: Uint8Array): StorageRef {
  const storage = readLegacyTorch(WHERE, bytes, weightsGlobal)
  if (!(storage instanceof StorageRef)) throw new Error(describePy(storage))
  return storage
}
