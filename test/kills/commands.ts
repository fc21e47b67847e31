import { spawn } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type HostTensor, writeNpz } from '@rectified-flow/checkpoints'
import { createRng } from '@rectified-flow/core'
import { createPairStore } from '@rectified-flow/datasets/node'
import { createUNet, saveUNet } from '@rectified-flow/unet'
import { folderContents } from './folder-contents.js'
import type { Job } from './kill-again-and-again.js'

/** The command as `npm run build` makes it. */
export const MAIN = fileURLToPath(new URL('../../packages/cli/dist/main.js', import.meta.url))

const PIXELS = 28 * 28
/** Two whole parts of `fid` and a piece of a third. */
const IMAGES = 4200

/**
 * The commands that go on when they were killed, each with a second of work, much of it writing files.
 *
 * @param folder  for their inputs
 */
export async function commands(folder: string): Promise<Record<string, Job>> {
  const at = (name: string) => join(folder, name)
  await writeInputs(at)
  const wasm = ['--backend', 'wasm']
  const network = ['--network', at('network.safetensors'), ...wasm]
  const digits = ['--features', 'digits', ...wasm]
  await ended(command(['fid', 'ref', at('real.npz'), '-o', at('ref.npz'), ...digits]))
  const fid = ['fid', 'calc', at('drawn.npz'), '--ref', at('ref.npz'), ...digits]
  return {
    pairs: {
      start: out =>
        command([
          'pairs',
          ...network,
          ...['--steps', '4', '--count', '120', '--shard-size', '3', '--batch', '2'],
          '--out',
          out,
        ]),
      writesTo: ['.'],
      contents: out => folderContents(out),
    },
    'pairs webdataset': {
      start: out => command(['pairs', 'webdataset', at('store'), '--shard-size', '8', ...wasm, '--out', out]),
      writesTo: ['.'],
      contents: out => folderContents(out),
    },
    train: {
      start: out => command(['train', at('train.json'), ...wasm, '--out', out]),
      writesTo: ['.', 'checkpoints', 'previews'],
      contents: runContents,
    },
    'sample --out': {
      start: out => command(['sample', ...network, '--seeds', '0-79', '--batch', '4', '--out', out]),
      writesTo: ['.'],
      contents: out => folderContents(out),
    },
    'fid calc': {
      start: out => command([...fid, '--out', join(out, 'fid.json')]),
      writesTo: ['.', 'fid.json.parts'],
      contents: out => folderContents(out),
    },
  }
}

function command(args: readonly string[]) {
  return spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
}

function ended(child: ReturnType<typeof command>): Promise<void> {
  return new Promise((resolve, reject) => {
    let stderr = ''
    child.stderr.on('data', chunk => {
      stderr += chunk
    })
    child.on('close', code => (code === 0 ? resolve() : reject(new Error(stderr))))
  })
}

async function writeInputs(at: (name: string) => string): Promise<void> {
  const rng = createRng(1)
  const net = createUNet(
    { imgResolution: 4, inChannels: 1, outChannels: 1, modelChannels: 4, channelMult: [1], numBlocks: 1 },
    { rng: rng.fork('network') },
  )
  await writeFile(at('network.safetensors'), await saveUNet(net))
  net.dispose()
  for (const name of ['real', 'drawn']) {
    const data = Uint8Array.from(rng.fork(name).uniforms(IMAGES * PIXELS), u => 256 * u)
    const arr_0: HostTensor = { dtype: 'U8', shape: [IMAGES, 28, 28, 1], data }
    await writeFile(at(`${name}.npz`), await writeNpz({ arr_0 }))
  }
  const images = Uint8Array.from(rng.fork('data').uniforms(16 * 16), u => 256 * u)
  await writeFile(
    at('data.npz'),
    await writeNpz({ arr_0: { dtype: 'U8', shape: [16, 4, 4, 1], data: images } }),
  )
  const store = await createPairStore(at('store'), { count: 800, seed: 1, shape: [4, 4, 1] })
  await store.write(0, { images: Uint8Array.from(rng.fork('pairs').uniforms(800 * 16), u => 256 * u) })
  await store.close()
  const config = {
    network: { initial: at('network.safetensors') },
    coupling: { data: at('data.npz') },
    ...{ recipe: 'C', batch: 2, microBatches: 2, warmup: 5, clipNorm: 1 },
    ...{ steps: 24, logEvery: 1, saveEvery: 3, previewEvery: 8, previewImages: 1 },
  }
  await writeFile(at('train.json'), JSON.stringify(config))
}

/** A run's files, without those of TensorBoard and the times in the metrics. */
async function runContents(out: string): Promise<Record<string, string>> {
  const lines = (await readFile(join(out, 'metrics.jsonl'), 'utf8')).trim().split('\n')
  const metrics = lines.map(line => JSON.stringify({ ...JSON.parse(line), msPerStep: 0 })).join('\n')
  return { ...(await folderContents(out, { except: ['tensorboard'] })), 'metrics.jsonl': metrics }
}
