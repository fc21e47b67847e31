import * as tf from '@tensorflow/tfjs-core'
import { version } from '../version.js'
import { registryName } from './run-kernel.js'
import { type KernelName, places } from './table.js'

/** The mark on each of this package's kernels and gradients in tfjs's registries, which are global. */
export const mark = { rectifiedFlow: version }

/** True for a kernel that a copy of this package registered. */
export const isMarked = (config: object): boolean => 'rectifiedFlow' in config

/**
 * Throw if another version of this package has registered its kernels: its gradients would get the outputs of our kernels.
 * Copies of one version share their kernels.
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
