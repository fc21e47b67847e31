// Packs the bench and the conformance suite for a machine without a network: pnpm bench:bundle --help
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { bundle } from './bundle.js'

const help = `Options:
  --out folder   where the bundle goes (runs/bench-bundle)
  --node         add this Node's binary
  --vulkan path  add this Vulkan loader (libvulkan.so.1), for a machine that has a driver but no loader
On that machine: ./run.sh [options of the bench]
`
const { values } = parseArgs({
  args: process.argv.slice(2).filter(arg => arg !== '--'),
  options: {
    out: { type: 'string', default: fileURLToPath(new URL('../../runs/bench-bundle', import.meta.url)) },
    node: { type: 'boolean' },
    vulkan: { type: 'string' },
    help: { type: 'boolean' },
  },
})
if (values.help) console.log(help)
else {
  const { dawn } = await bundle(values)
  if (!dawn)
    console.error(
      'bench: the bundle has no WebGPU, because the package webgpu is not installed here (pnpm backends webgpu).',
    )
  console.log(`Bundled into ${resolve(values.out)}. On the other machine: ./run.sh`)
}
