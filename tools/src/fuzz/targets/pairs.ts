import { numpyRng, pcg64 } from '@rectified-flow/core'
import {
  createPairStore,
  openPairStore,
  openReferencePairs,
  writeReferencePairs,
} from '@rectified-flow/datasets/node'
import { type Files, filesOf } from '../files/files.js'
import { mutateBytes } from '../mutate/mutate-bytes.js'
import { mutateJson, mutateText } from '../mutate/mutate-text.js'
import { oneFile } from '../one-file.js'
import type { Target } from '../target.js'
import { mutateSafetensors } from './weights.js'

const count = 5
const images = (n: number) => new Uint8Array(n * 4 * 4 * 3).fill(100)
const states = (n: number) =>
  Uint8Array.from({ length: 32 * n }, (_, i) => numpyRng(Math.floor(i / 32)).state()[i % 32]!)
const labels = (n: number) => Array.from({ length: n }, (_, i) => i % 3)

async function writeStore(folder: string): Promise<void> {
  const plan = {
    count,
    shardSize: 2,
    seed: 1,
    shape: [4, 4, 3] as const,
    classes: 3,
    noise: 'pcg64' as const,
  }
  const store = await createPairStore(folder, plan)
  for (let shard = 0; shard < store.shards; shard++) {
    const n = store.range(shard).count
    await store.write(shard, { images: images(n), noise: states(n), labels: labels(n) })
  }
}

const mutateFile = (name: string) =>
  name.endsWith('.json')
    ? mutateJson
    : name.endsWith('.safetensors')
      ? mutateSafetensors
      : name.endsWith('.csv')
        ? mutateText
        : mutateBytes

/** A target whose inputs are folders, of which one file is changed. */
function folderTarget(
  name: string,
  share: number,
  write: (folder: string) => Promise<void>,
  read: Target['read'],
): Target {
  return {
    name,
    share,
    async prepare() {
      const valid: Files = await filesOf(write)
      return {
        valid: [valid],
        mutate(dice) {
          const path = dice.pick([...valid.keys()])
          return new Map(valid).set(path, mutateFile(path)(valid.get(path)!, dice))
        },
      }
    },
    read,
  }
}

export const pairTargets: readonly Target[] = [
  folderTarget('pair-store', 8, writeStore, async folder => {
    const store = await openPairStore(folder)
    try {
      await store.batch(Array.from({ length: Math.min(store.count, 8) }, (_, i) => i))
    } finally {
      await store.close()
    }
  }),
  folderTarget('pair-store-verify', 4, writeStore, async folder => {
    const store = await openPairStore(folder, { incomplete: true })
    try {
      const problems = await store.verify()
      for (const { problem } of problems) if (problem.length > 900) throw new Error('a long problem')
    } finally {
      await store.close()
    }
  }),
  folderTarget(
    'reference-pairs',
    6,
    async folder =>
      writeReferencePairs(
        folder,
        {
          count,
          read: async indices => ({
            images: images(indices.length),
            noise: states(indices.length),
            labels: labels(indices.length),
          }),
        },
        { shape: [4, 4, 3] },
      ),
    async folder => {
      const pairs = await openReferencePairs(folder)
      try {
        await pairs.batch(Array.from({ length: Math.min(pairs.count, 8) }, (_, i) => i))
      } finally {
        await pairs.close()
      }
    },
  ),
  oneFile({
    name: 'pcg64',
    share: 2,
    path: 'state.bin',
    valid: [states(1)],
    mutate: mutateBytes,
    read: bytes => pcg64(bytes).standardNormal32(16),
  }),
]
