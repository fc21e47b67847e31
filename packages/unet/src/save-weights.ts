import type { HostTensor } from '@rectified-flow/checkpoints'
import { checkKind, checkOptions, type Weights } from '@rectified-flow/core'
import { architectureOf } from './config.js'
import { storedFilter, storedFilterNames } from './internal/resample-filters.js'
import { torchShape, toTorch } from './internal/torch-layout.js'
import type { UNet } from './unet.js'

/** Weights as host tensors in PyTorch's layouts, under the same names. */
export async function stateDict(weights: Weights): Promise<Map<string, HostTensor>> {
  checkKind('unet.stateDict', 'weights', weights, "a Map of variables, such as a network's weights", [
    'get',
    'entries',
  ])
  const tensors = new Map<string, HostTensor>()
  for (const [name, variable] of weights) {
    const values = (await variable.data()) as Float32Array
    const data = toTorch(name, values, variable.shape)
    tensors.set(name, { dtype: 'F32', shape: torchShape(variable.shape), data })
  }
  return tensors
}

/**
 * All tensors that the reference stores for the network, its buffers included, in PyTorch's layouts. loadWeights reads
 * them, and so does the reference's load_state_dict.
 *
 * @param options.weights  other weights to save in place of the network's own, such as their moving averages
 */
export async function saveWeights(
  net: UNet,
  options: { weights?: Weights } = {},
): Promise<Map<string, HostTensor>> {
  checkOptions<{ weights?: Weights }>('unet.saveWeights', options, { weights: 'optional' })
  checkKind('unet.saveWeights', 'net', net, 'a network such as new SongUNet(config, { rng })', [
    'weights',
    'buffers',
    'config',
  ])
  const { weights = net.weights } = options
  checkKind('unet.saveWeights', 'weights', weights, "a Map of variables, such as a network's weights", [
    'get',
    'entries',
  ])
  const tensors = await stateDict(new Map([...net.buffers, ...weights]))
  const architecture = architectureOf(net.config)
  const { resampleFilter } = architecture.block
  const side = resampleFilter.length
  for (const name of storedFilterNames(architecture))
    tensors.set(name, { dtype: 'F32', shape: [1, 1, side, side], data: storedFilter(resampleFilter) })
  return tensors
}
