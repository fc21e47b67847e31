import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundle } from '../bundle.js'
import { writeAgreement } from './agreement-files.js'
import { cifarFile } from './cifar-file.js'
import { writeConformance } from './conformance-file.js'

const MIB = 2 ** 20

export interface PackOptions {
  /** The folder of the pack: `run` and pack.tar.xz. */
  out: string
  /** The largest pack, in MiB. */
  limitMiB: number
  /** Add this Node's binary. */
  node?: boolean
  /** Add the Vulkan loader, and the libraries that NVIDIA's driver needs, from this machine. */
  libraries?: boolean
  /** Add images of CIFAR-10 from this folder (see `readCifar10`). */
  cifar10?: string
}

/** What is in the pack: the size of pack.tar.xz in bytes, and what it lacks. */
export interface Packed {
  size: number
  lacks: string[]
}

/** Pack the device run for a Linux machine with a GPU and without a network. Throws if the pack is too large. */
export async function pack({ out, limitMiB, node, libraries, cifar10 }: PackOptions): Promise<Packed> {
  const folder = mkdtempSync(join(tmpdir(), 'device-pack-'))
  const lacks: string[] = []
  try {
    const { dawn } = await bundle(folder, { device: fileURLToPath(new URL('main.ts', import.meta.url)) })
    if (!dawn) lacks.push('Dawn (pnpm backends webgpu installs it)')
    await writeAgreement(join(folder, 'pytorch'))
    await writeConformance(join(folder, 'conformance.safetensors'))
    mkdirSync(join(folder, 'lib'))
    if (libraries)
      for (const path of driverLibraries()) copyFileSync(path, join(folder, 'lib', basename(path)))
    else lacks.push('the Vulkan loader')
    if (cifar10) writeFileSync(join(folder, 'cifar10.bin'), await cifarFile(cifar10))
    else lacks.push('the images of CIFAR-10')
    if (node) addNode(join(folder, 'bin'))
    else lacks.push('Node')
    mkdirSync(out, { recursive: true })
    const archive = join(out, 'pack.tar.xz')
    execFileSync('tar', ['cJf', archive, '-C', folder, '.'], { env: { XZ_OPT: '-6 -T2', ...process.env } })
    copyFileSync(fileURLToPath(new URL('run.sh', import.meta.url)), join(out, 'run'))
    chmodSync(join(out, 'run'), 0o755)
    const { size } = statSync(archive)
    checkSize(size, limitMiB, folder)
    return { size, lacks }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function addNode(folder: string): void {
  mkdirSync(folder)
  const node = join(folder, 'node')
  copyFileSync(process.execPath, node)
  try {
    execFileSync('strip', [node], { stdio: 'ignore' })
  } catch {
    // no binutils here: the pack is larger
  }
}

/** Dawn loads the loader, which loads the driver, which needs the others even where there is no display. */
const LIBRARIES = [
  'libvulkan.so.1',
  ...['libGLdispatch.so.0', 'libGLX.so.0', 'libEGL.so.1', 'libX11.so.6', 'libXext.so.6'],
  ...['libxcb.so.1', 'libXau.so.6', 'libXdmcp.so.6', 'libbsd.so.0', 'libmd.so.0'],
]

/** Their paths here, of those that are here. Throws if the loader is missing. */
function driverLibraries(): string[] {
  const known = execFileSync('ldconfig', ['-p'], { encoding: 'utf8' }).split('\n')
  const paths = LIBRARIES.map(
    name => known.find(line => line.trim().startsWith(`${name} (libc6,x86-64)`))?.split(' => ')[1],
  )
  if (!paths[0])
    throw new Error(
      'bench.pack: this machine must have libvulkan.so.1, got none. apt-get install libvulkan1.',
    )
  return paths.filter(path => path !== undefined)
}

/** Throw if the pack of a folder is too large, and name the folder's largest files. */
export function checkSize(size: number, limitMiB: number, folder: string): void {
  if (size <= limitMiB * MIB) return
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map(name => ({ name, file: statSync(join(folder, name)) }))
    .filter(({ file }) => file.isFile())
    .sort((a, b) => b.file.size - a.file.size)
  const largest = files.slice(0, 8).map(({ name, file }) => `\n${(file.size / MIB).toFixed(1)} MiB  ${name}`)
  throw new RangeError(
    `bench.pack: the pack must have at most ${limitMiB} MiB, got ${(size / MIB).toFixed(1)}. ` +
      `The largest files, before compression:${largest.join('')}`,
  )
}
