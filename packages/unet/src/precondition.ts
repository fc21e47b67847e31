import {
  alongBatch,
  batchOf,
  checkKind,
  checkOptions,
  checkTensor,
  type Denoiser,
  type Field,
} from '@rectified-flow/core'
import * as tf from '@tensorflow/tfjs-core'
import { type ForwardOptions, forwardNames, type Network } from './network.js'
import type { Coefficient, Coefficients, Preconditioner } from './preconditioners/preconditioner.js'

/** The denoiser of a raw network: x [B,H,W,C], sigma [B] -> [B,H,W,C]. */
export function networkDenoiser(
  network: Network,
  preconditioner: Preconditioner,
  options: ForwardOptions = {},
): Denoiser {
  const where = 'unet.networkDenoiser'
  checkOptions(where, options, forwardNames)
  checkParts(where, network, preconditioner)
  return (x, sigma) => {
    checkTensor(where, 'x', x, ['B', 'H', 'W', 'C'])
    checkTensor(where, 'sigma', sigma, [x.shape[0]])
    return tf.tidy(() => wrapped(network, x, preconditioner.atSigma(sigma), options))
  }
}

/**
 * The velocity of a raw network, x [B,H,W,C], t [B] -> [B,H,W,C]. It equals velocity(networkDenoiser(...)), simplified by
 * algebra: nothing overflows for t from 0 to 1, and no digits cancel except where the network's own form cancels them.
 */
export function networkVelocity(
  network: Network,
  preconditioner: Preconditioner,
  options: ForwardOptions = {},
): Field {
  const where = 'unet.networkVelocity'
  checkOptions(where, options, forwardNames)
  checkParts(where, network, preconditioner)
  return (x, t) => {
    checkTensor(where, 'x', x, ['B', 'H', 'W', 'C'])
    checkTensor(where, 't', t, [batchOf(x)])
    return tf.tidy(() => wrapped(network, x as tf.Tensor4D, preconditioner.atTime(t), options))
  }
}

function checkParts(where: string, network: Network, preconditioner: Preconditioner): void {
  checkKind(where, 'network', network, 'a network such as new SongUNet(config, { rng })', ['forward'])
  checkKind(where, 'preconditioner', preconditioner, 'a preconditioner such as edm()', ['atSigma', 'atTime'])
}

/** scale (skip x + out F(input x, noise)). */
export function wrapped<Options extends ForwardOptions>(
  network: { forward(x: tf.Tensor4D, noiseLabels: tf.Tensor1D, options?: Options): tf.Tensor4D },
  x: tf.Tensor4D,
  { scale, skip, out, input, noise }: Coefficients,
  options: Options,
): tf.Tensor4D {
  const raw = network.forward(times(x, input), noise, options)
  const [b, height, width, channels] = x.shape
  const f = raw.shape[3] === channels ? raw : tf.slice(raw, [0, 0, 0, 0], [b, height, width, channels])
  return times(tf.add(times(x, skip), times(f, out)), scale)
}

function times(x: tf.Tensor4D, coefficient: Coefficient): tf.Tensor4D {
  return tf.mul(x, alongBatch(coefficient, x))
}
