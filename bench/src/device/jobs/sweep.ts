import type { Job } from '../job.js'

/** The variants of the convolution's shader, each at the shapes of the CIFAR-10 network. */
export const sweep: Job = async ({ record }) => {
  record({ what: 'no variants' })
}
