import type { HostTensor } from '@rectified-flow/checkpoints'
import { checkInt, checkKind, checkOptions } from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { createUNet } from './create-unet.js'
import { saveWeights, stateDict } from './save-weights.js'
import type { UNet } from './unet.js'

/** The state of a `Trainer` of `@rectified-flow/reflow`, as far as PyTorch knows it. */
export interface TrainingState {
  /** Steps done, skipped ones included. */
  step: number
  skipped: number
  skippedInRow: number
  /** `weight/NAME`, `ema/NAME`, `m/NAME`, `v/NAME` for each weight. */
  tensors: Map<string, { shape: number[]; data: Float32Array }>
}

/** What PyTorch calls the parts of a state: Adam's moments have the names of `torch.optim.Adam`. */
const PARTS = { weight: 'model', ema: 'ema', m: 'exp_avg', v: 'exp_avg_sq' } as const
type Part = keyof typeof PARTS

/**
 * A trainer's state for PyTorch: under the reference's names and in PyTorch's layouts (convolutions [O,I,h,w], linear [O,I]),
 *
 *     model.NAME         weights, and the network's buffers: all that `load_state_dict` wants
 *     ema.NAME           their moving averages, and the buffers
 *     exp_avg.NAME       Adam's first moment of each weight
 *     exp_avg_sq.NAME    its second moment
 *
 * Adam's number of updates is `state.step - state.skipped`.
 *
 * @param net    the network that was trained; it gives the buffers, its own weights don't matter
 * @param state  of `trainer.state()`, or of the file that `readTrainerState` reads
 */
export async function toTorchState(net: UNet, state: TrainingState): Promise<Map<string, HostTensor>> {
  const where = 'unet.toTorchState'
  checkNet(where, net)
  checkKind(where, 'state', state, "a trainer's state, such as await trainer.state()", ['tensors'])
  const named = new Map<string, HostTensor>()
  for (const part of Object.keys(PARTS) as Part[]) {
    const weights = weightsOf(where, net, state, part)
    try {
      const isNetwork = part === 'weight' || part === 'ema'
      const tensors = await (isNetwork ? saveWeights(net, { weights }) : stateDict(weights))
      for (const [name, tensor] of tensors) named.set(`${PARTS[part]}.${name}`, tensor)
    } finally {
      tf.dispose([...weights.values()])
    }
  }
  return named
}

/**
 * The state of a trainer from tensors as `toTorchState` names them, so that training that PyTorch has begun goes on with
 * `trainer.restore(state)`.
 *
 * @param net           a network of this configuration
 * @param options.step  updates that Adam has made
 * @throws RangeError if a tensor is missing, or has another shape than the network's
 */
export async function fromTorchState(
  net: UNet,
  tensors: ReadonlyMap<string, HostTensor>,
  options: { step: number },
): Promise<TrainingState> {
  const where = 'unet.fromTorchState'
  checkOptions<{ step: number }>(where, options, { step: 'required' })
  checkNet(where, net)
  checkKind(where, 'tensors', tensors, 'a Map of tensors such as readCheckpoint gives', ['get', 'keys'])
  checkInt(where, 'step', options.step, 0)
  const model = under('model.', tensors)
  const rest = [...model].filter(([name]) => !net.weights.has(name)) // the moments have no buffers of their own
  const state: TrainingState = { step: options.step, skipped: 0, skippedInRow: 0, tensors: new Map() }
  for (const part of Object.keys(PARTS) as Part[]) {
    const own = under(`${PARTS[part]}.`, tensors)
    const loaded = createUNet(net.config, { tensors: new Map([...rest, ...own]), prefix: '' })
    try {
      for (const [name, variable] of loaded.weights) {
        const data = Float32Array.from(await variable.data())
        state.tensors.set(`${part}/${name}`, { shape: variable.shape, data })
      }
    } finally {
      loaded.dispose()
    }
  }
  return state
}

function checkNet(where: string, net: UNet): void {
  checkKind(where, 'net', net, 'a network such as new SongUNet(config, { rng })', [
    'weights',
    'buffers',
    'config',
  ])
}

/** One part of a state as variables, by the names of the network's weights. */
function weightsOf(
  where: string,
  net: UNet,
  { tensors }: TrainingState,
  part: Part,
): Map<string, tf.Variable> {
  for (const [name, { shape }] of net.weights) {
    const got = tensors.get(`${part}/${name}`)
    if (String(got?.shape) !== String(shape))
      throw new RangeError(
        `${where}: state must hold the weights of this network, got ${got ? `${part}/${name} [${got.shape}]` : `no ${part}/${name}`}.`,
      )
  }
  return new Map(
    [...net.weights.keys()].map(name => {
      const { shape, data } = tensors.get(`${part}/${name}`)!
      return [name, tf.tidy(() => tf.variable(tf.tensor(data, shape), false))]
    }),
  )
}

/** The tensors whose names begin with this, without it. */
function under(prefix: string, tensors: ReadonlyMap<string, HostTensor>): Map<string, HostTensor> {
  return new Map(
    [...tensors].flatMap(([name, tensor]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), tensor]] : [],
    ),
  )
}
