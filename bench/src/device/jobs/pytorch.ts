import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { type Job, LEFT_OUT, LeftOut } from '../job.js'
import { networkConfig } from '../sizes.js'

/** The networks in PyTorch on the same device, eager or compiled (bench/pytorch/device.py); in a dry run on the CPU. */
export const pytorch =
  (mode: 'eager' | 'compile'): Job =>
  ({ software, pack, python, left }) =>
    new Promise((resolve, reject) => {
      const settings = {
        mode,
        device: software ? 'cpu' : 'cuda',
        seconds: left(),
        networks: { small: networkConfig('small', software), cifar10: networkConfig('cifar10', software) },
        batches: software ? [2] : [128, 8, 512],
      }
      const script = join(pack, 'pytorch/device.py')
      // Its lines on stdout are entries.
      const child = spawn(python, ['-u', script, JSON.stringify(settings)], { stdio: 'inherit' })
      child.on('error', ({ message }) => reject(new LeftOut(message)))
      child.on('exit', (code, signal) =>
        code === 0
          ? resolve()
          : reject(
              code === LEFT_OUT
                ? new LeftOut(`${python} has no torch`)
                : new Error(`${python} ended with ${signal ?? code}`),
            ),
      )
    })
