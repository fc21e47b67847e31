import * as tf from '@tensorflow/tfjs-core'
import { version } from '../version.js'
import { registryName } from './run-kernel.js'
import { type KernelName, places } from './table.js'

/** What tfjs's registries, which are global, keep with each kernel and gradient of ours. */
export const mark = { rectifiedFlow: version }

/** True for a kernel that a copy of this package registered. */
export const isMarked = (config: object): boolean => 'rectifiedFlow' in config

/**
 * Refuse to work beside another version of this package: its gradients would get our kernels' outputs. Copies of one
 * version share kernels.
 *
 * @throws Error with both versions
 */
export function checkVersion(where: string): void {
  for (const name of Object.keys(places) as KernelName[]) {
    const gradient = tf.getGradient(registryName(name)) as Partial<typeof mark> | undefined
    const other = gradient?.rectifiedFlow ?? version
    if (other !== version)
      throw new Error(
        `${where}: all copies of @rectified-flow/backends must have one version, got ${version} beside ${other}, which has registered its kernels. \`npm ls @rectified-flow/backends\` says where they come from.`,
      )
  }
}
