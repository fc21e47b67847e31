import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { useBackend } from '@rectified-flow/backends'
import { writeSafetensors } from '@rectified-flow/checkpoints'
import { createRng } from '@rectified-flow/core'
import { createUNet, edmVelocity } from '@rectified-flow/unet'
import * as tf from '@tensorflow/tfjs-core'
import { networkInputs } from '../cases/network.js'
import { float32, inputsUnder, normals, tensorOf } from '../host-tensors.js'
import { tinyCifar10UNet } from '../networks.js'

/** Write a tiny NCSN++, in PyTorch's layouts, with inputs and its velocity, for bench/pytorch/device.py to compare itself with. */
export async function writeAgreement(folder: string): Promise<void> {
  await useBackend('cpu')
  const config = tinyCifar10UNet
  const inputs = networkInputs(config, 2)
  inputs.set('net.map_noise.freqs', normals(createRng(0), [config.modelChannels!]))
  const net = createUNet(config, { tensors: inputsUnder(inputs, 'net.'), prefix: '' })
  const [x, t] = [tensorOf(inputs, 'x'), tensorOf<tf.Tensor1D>(inputs, 't')]
  const v = edmVelocity(net)(x, t)
  inputs.set('velocity', float32(v.shape, Float32Array.from(await v.data())))
  tf.dispose([x, t, v])
  net.dispose()
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'agreement.safetensors'), writeSafetensors(inputs))
  writeFileSync(join(folder, 'agreement.json'), JSON.stringify(config))
}
